import { expect, test } from 'vitest';
import { faultsOf, inWords } from './refusals';

const problem = { status: 422, detail: 'some fields are not valid', errors: {}, retryAfter: null };

test('what is wrong with a field stands beside it, the rest above all', () => {
  const errors = { name: 'a name has at least 2 characters', age: 'there is no such field' };
  expect(faultsOf({ ...problem, errors }, ['name', 'email'])).toEqual({
    fields: { name: 'A name has at least 2 characters.' },
    general: 'There is no such field.',
  });
});

test('who tries too often is told in words when to try again', () => {
  const often = (retryAfter: number): string => inWords({ ...problem, status: 429, retryAfter });
  expect(often(1)).toContain('in 1 second.');
  expect(often(40)).toContain('in 40 seconds.');
  expect(often(3500)).toContain('in 59 minutes.');
  expect(inWords({ ...problem, status: 503, retryAfter: 2 })).toContain('in 2 seconds.');
});

test('a server that is not there, or broken, has no words of its own', () => {
  expect(inWords({ ...problem, status: 0, detail: '' })).toContain('reached');
  expect(inWords({ ...problem, status: 500, detail: 'panicked' })).not.toContain('panicked');
  expect(inWords({ ...problem, status: 401, detail: 'the password is wrong' })).toBe(
    'The password is wrong.',
  );
});
