import { describe, expect, test } from 'vitest';
import { pathTo, placeAt, type Place } from './places';

describe('places', () => {
  test('each leads to an address and back', () => {
    const places: Place[] = [
      { view: 'actors', actor: null },
      { view: 'actors', actor: 'room:green' },
      { view: 'stories', story: null },
      { view: 'stories', story: '17' },
      { view: 'log' },
      { view: 'lab' },
      { view: 'tour' },
    ];
    for (const place of places) expect(placeAt(pathTo(place))).toEqual(place);
  });

  test('an address is as short and readable as may be', () => {
    expect(pathTo({ view: 'actors', actor: null })).toBe('/observatory');
    expect(pathTo({ view: 'actors', actor: 'room:green' })).toBe('/observatory/actor/room:green');
  });

  test('whatever else is typed is the tree', () => {
    expect(placeAt('/observatory/nonsense/')).toEqual({ view: 'actors', actor: null });
    expect(placeAt('/observatory/actor/%')).toEqual({ view: 'actors', actor: '%' });
  });
});
