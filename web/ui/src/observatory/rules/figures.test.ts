import { describe, expect, test } from 'vitest';
import { age, bytes, compact, count, rate, span } from './figures';

describe('figures', () => {
  test('a time has the unit in which it is short', () => {
    expect([0, 850, 1_234, 12_345, 999_999, 2_340_000].map(span)).toEqual([
      '0 µs',
      '850 µs',
      '1.2 ms',
      '12 ms',
      '1,000 ms',
      '2.3 s',
    ]);
  });

  test('an age has its two largest units', () => {
    expect([0, 59, 60, 3_600, 11_530, 90_000].map(age)).toEqual([
      '0 s',
      '59 s',
      '1 min',
      '1 h',
      '3 h 12 min',
      '1 d 1 h',
    ]);
  });

  test('many are short where they stand side by side, and whole where one is looked at', () => {
    expect([7, 9_999, 12_400, 1_250_000].map(compact)).toEqual(['7', '9,999', '12k', '1.3M']);
    expect(count(12_400)).toBe('12,400');
  });

  test('what hardly happens is not nothing', () => {
    expect([0, 0.02, 0.4, 204.6].map(rate)).toEqual(['0', '<0.1', '0.4', '205']);
  });

  test('bytes are counted in thousands', () => {
    expect([512, 18_400, 48_200_000, 2_500_000_000].map(bytes)).toEqual([
      '512 B',
      '18 kB',
      '48 MB',
      '2.5 GB',
    ]);
  });

  test('what is not known is a dash, not a nought', () => {
    expect([count(null), rate(undefined), span(Number.NaN), age(null), bytes(null)]).toEqual(
      Array(5).fill('–'),
    );
  });
});
