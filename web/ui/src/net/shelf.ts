/** Rooms in IndexedDB, as they were last seen: one entry for each person and room. */
import { createStore, delMany, get, keys, set, update, type UseStore } from 'idb-keyval';
import type { Timeline } from '../rules/timeline';
import type { RoomRow } from '../wire';

type Key = [user: string, what: 'list'] | [user: string, what: 'room', room: string];

let opened: UseStore | undefined;
const store = (): UseStore => (opened ??= createStore('greenroom-shelf', 'shelf'));

export function keepRows(user: string, rows: readonly RoomRow[]): Promise<void | undefined> {
  return quietly(() => put([user, 'list'], rows));
}

export function keepRoom(
  user: string,
  room: string,
  timeline: Timeline,
): Promise<void | undefined> {
  return quietly(() => put([user, 'room', room], timeline));
}

export function keptRows(user: string): Promise<RoomRow[] | undefined> {
  return quietly(() => take<RoomRow[]>([user, 'list']));
}

export function keptRoom(user: string, room: string): Promise<Timeline | undefined> {
  return quietly(() => take<Timeline>([user, 'room', room]));
}

/** Changes what is kept of each room. */
export function correctRooms(
  user: string,
  change: (timeline: Timeline) => Timeline,
): Promise<void | undefined> {
  return quietly(async () => {
    for (const key of await keys<Key>(store())) {
      if (key[0] !== user || key[1] !== 'room') continue;
      await update<Timeline>(key, (held) => change(held!), store());
    }
  });
}

export function releaseShelf(user: string): Promise<void | undefined> {
  return quietly(async () => {
    const all = await keys<Key>(store());
    await delMany(
      all.filter(([owner]) => owner === user),
      store(),
    );
  });
}

const put = (key: Key, value: unknown): Promise<void> => set(key, value, store());
const take = <T>(key: Key): Promise<T | undefined> => get<T>(key, store());

/** A browser that keeps nothing starts empty. */
async function quietly<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch {
    return undefined;
  }
}
