import { expect, test } from 'vitest';
import { askedAt, suggested, taken } from './suggestions';

const people = ['Marian', 'Anabel', 'Ana', 'Dana', 'Alina', 'Bob'].map((name) => ({
  id: name,
  name,
}));

test('an @ and what is typed behind it asks for a name', () => {
  expect(askedAt('Hello @an', 9)).toEqual({ from: 6, to: 9, query: 'an' });
  expect(askedAt('@', 1)).toEqual({ from: 0, to: 1, query: '' });
  expect(askedAt('mail@an', 7)).toBe(null);
  expect(askedAt('@ana is', 7)).toBe(null);
  expect(askedAt('@ana is', 4), 'only up to the caret').toMatchObject({ query: 'ana' });
});

test('names that begin so come before those that hold it, and those with its letters last', () => {
  const names = suggested(people, 'an').map((user) => user.name);
  expect(names).toEqual(['Ana', 'Anabel', 'Dana', 'Marian', 'Alina']);
  expect(suggested(people, 'x')).toEqual([]);
});

test('no more than eight are offered', () => {
  const crowd = Array.from({ length: 20 }, (_, i) => ({ id: `${i}`, name: `Guest${i}` }));
  expect(suggested(crowd, '')).toHaveLength(8);
});

test('whoever is taken stands in the text, with one blank behind', () => {
  expect(taken('Hi @an, come', askedAt('Hi @an, come', 6)!, 'Ana')).toEqual(['Hi @Ana , come', 8]);
  expect(taken('Hi @an come', askedAt('Hi @an come', 6)!, 'Ana')).toEqual(['Hi @Ana come', 8]);
});
