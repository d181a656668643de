import { expect, test } from 'vitest';
import { askedAt, suggested, taken } from './suggestions';

const people = ['Marian', 'Anabel', 'Ana', 'Dana', 'Alina', 'Bob'].map((name) => ({
  id: name,
  name,
}));
const named = ({ name }: { name: string }): string[] => [name];

test('an @ and what is typed behind it asks for a name', () => {
  expect(askedAt('Hello @an', 9)).toEqual({ sign: '@', from: 6, to: 9, query: 'an' });
  expect(askedAt('@', 1)).toEqual({ sign: '@', from: 0, to: 1, query: '' });
  expect(askedAt('mail@an', 7)).toBe(null);
  expect(askedAt('@ana is', 7)).toBe(null);
  expect(askedAt('@ana is', 4), 'only up to the caret').toMatchObject({ query: 'ana' });
});

test('a # asks for a room, and a : for an emoji with the second letter behind it', () => {
  expect(askedAt('see #gre', 8)).toEqual({ sign: '#', from: 4, to: 8, query: 'gre' });
  expect(askedAt('C#', 2)).toBe(null);
  expect(askedAt('https://example.org/#an', 23)).toBe(null);
  expect(askedAt('so :sm', 6)).toEqual({ sign: ':', from: 3, to: 6, query: 'sm' });
  expect(askedAt('so :s', 5)).toBe(null);
  expect(askedAt('at 10:30', 8)).toBe(null);
  expect(askedAt('mine:', 5)).toBe(null);
});

test('names that begin so come before those that hold it, and those with its letters last', () => {
  const names = suggested(people, 'an', named).map((user) => user.name);
  expect(names).toEqual(['Ana', 'Anabel', 'Dana', 'Marian', 'Alina']);
  expect(suggested(people, 'x', named)).toEqual([]);
});

test('whoever is in the room comes before all others', () => {
  const here = new Set(['Marian', 'Dana']);
  const found = suggested(people, 'an', named, ({ name }) => here.has(name));
  expect(found.map(({ name }) => name)).toEqual(['Dana', 'Marian', 'Ana', 'Anabel', 'Alina']);
});

test('a room is found by its title, too', () => {
  const rooms = [{ names: ['r-17', 'The attic'] }, { names: ['attic-2'] }];
  const found = suggested(rooms, 'atti', ({ names }) => names);
  expect(found.map(({ names }) => names[0])).toEqual(['attic-2', 'r-17']);
});

test('no more than eight are offered', () => {
  const crowd = Array.from({ length: 20 }, (_, i) => ({ id: `${i}`, name: `Guest${i}` }));
  expect(suggested(crowd, '', named)).toHaveLength(8);
});

test('what is taken stands in the text, with one blank behind', () => {
  const at = (text: string): [string, number] => taken(text, askedAt(text, 6)!, '@Ana');
  expect(at('Hi @an, come')).toEqual(['Hi @Ana , come', 8]);
  expect(at('Hi @an come')).toEqual(['Hi @Ana come', 8]);
});
