import { describe, expect, test } from 'vitest';
import { extentOf, tableOf, windowOf, type Plot } from './plot';

const plot: Plot = {
  at: [10, 11, 12, 13],
  lines: [{ label: 'Waiting', ink: 'accent', values: [1, null, 5, 3] }],
  marks: [{ at: 11, label: 'Restart' }],
};

describe('plot', () => {
  test('a window has what is young enough, marks too', () => {
    const shown = windowOf(plot, 13, 1);
    expect(shown.at).toEqual([12, 13]);
    expect(shown.lines[0]!.values).toEqual([5, 3]);
    expect(shown.marks).toEqual([]);
    expect(windowOf(plot, 13, 2).marks).toHaveLength(1);
    expect(windowOf(plot, 99, 1).at).toEqual([]);
  });

  test('least and most leave out what is not known', () => {
    expect(extentOf(plot.lines[0]!.values)).toEqual({ now: 3, least: 1, most: 5 });
    expect(extentOf([null])).toEqual({ now: null, least: null, most: null });
  });

  test('a table has the last of each step, the newest first, and no empty rows', () => {
    expect(tableOf(plot, 2)).toEqual([
      { at: 13, values: [3] },
      { at: 10, values: [1] },
    ]);
    expect(tableOf(plot, 1).map(({ at }) => at)).toEqual([13, 12, 10]);
  });
});
