import { expect, test } from 'vitest';
import { addressAt, safeAddress } from './links';

const address = (text: string): string | undefined => addressAt(text)?.text;

test('marks that end the sentence are not part of the address', () => {
  expect(address('https://a.example/x, or')).toBe('https://a.example/x');
  expect(address('https://b.example!')).toBe('https://b.example');
});

test('brackets belong to an address only where it opened them', () => {
  expect(address('https://a.example/x)')).toBe('https://a.example/x');
  expect(address('https://a.example/x_(y)).')).toBe('https://a.example/x_(y)');
  expect(address('https://a.example/x_(y)')).toBe('https://a.example/x_(y)');
});

test('only web addresses are found', () => {
  for (const text of ['javascript:alert(1)', 'ftp://a.example', 'data:text/html,x', 'http://']) {
    expect(addressAt(text)).toBe(null);
  }
  expect(address('https://a.example</b>')).toBe('https://a.example');
});

test('only what a click may follow is safe', () => {
  expect(safeAddress('https://a.example')).toBe('https://a.example/');
  expect(safeAddress('mailto:ana@a.example')).toBe('mailto:ana@a.example');
  expect(safeAddress('JavaScript:alert(1)')).toBe(null);
  expect(safeAddress('/r/green')).toBe(null);
});
