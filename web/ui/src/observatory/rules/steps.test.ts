import { describe, expect, test } from 'vitest';
import type { Story } from '../wire';
import { figuresOf, scaleOf, sinceCrash, toneOf } from './steps';

const story = {
  steps: [
    { ms: 0, what: 'crashed', text: '' },
    { ms: 4, what: 'restarted', text: '' },
    { ms: 8, what: 'replayed', text: '' },
  ],
  took_ms: 6,
  lost: 0,
  doubled: 1,
  waited: 14,
  restored_events: null,
  replayed: 3,
} as unknown as Story;

describe('steps', () => {
  test('times are exact while they are short', () => {
    expect([0, 0.12, 3.26, 14.4, 5_600, 12_345].map(sinceCrash)).toEqual([
      '0 ms',
      '0.1 ms',
      '3.3 ms',
      '14 ms',
      '5600 ms',
      '12.3 s',
    ]);
  });

  test('they stand on one line, as far apart as they were', () => {
    const scale = scaleOf(story)!;
    expect(scale.ticks.map(({ at }) => at)).toEqual([0, 0.5, 1]);
    expect(scale.recovered).toBe(0.75);
    expect(scaleOf({ ...story, took_ms: null, steps: story.steps.slice(0, 1) })).toBeNull();
  });

  test('what is not known is no figure, and what must not be is marked', () => {
    expect(figuresOf(story).map(({ name, wrong }) => (wrong ? `${name}!` : name))).toEqual([
      'took',
      'lost',
      'doubled!',
      'waited',
      'replayed',
    ]);
  });

  test('a step that nobody has heard of is neither good nor bad', () => {
    expect(['crashed', 'restored', 'came_back', 'unheard-of'].map(toneOf)).toEqual([
      'bad',
      'work',
      'good',
      'work',
    ]);
  });
});
