import { expect, test } from 'vitest';
import { pieces } from './links';

const links = (body: string): string[] =>
  pieces(body).flatMap((piece) => (piece.href === undefined ? [] : [piece.text]));

test('nothing of a text is lost', () => {
  const body = 'See https://a.example/x, (http://b.example/y_(z)) and\nhttps://c.example.';
  expect(
    pieces(body)
      .map((piece) => piece.text)
      .join(''),
  ).toBe(body);
});

test('marks that end the sentence are not part of the address', () => {
  expect(links('See https://a.example/x, or https://b.example!')).toEqual([
    'https://a.example/x',
    'https://b.example',
  ]);
});

test('brackets belong to an address only where it opened them', () => {
  expect(links('(https://a.example/x)')).toEqual(['https://a.example/x']);
  expect(links('https://a.example/x_(y)')).toEqual(['https://a.example/x_(y)']);
});

test('only web addresses become links', () => {
  expect(links('javascript:alert(1) ftp://a.example data:text/html,x http://')).toEqual([]);
  expect(links('<b>https://a.example</b>')).toEqual(['https://a.example']);
});
