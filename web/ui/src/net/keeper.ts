/** Keeps what is on its way out in IndexedDB, one entry a message, so that a reload loses none. */
import { createStore, del, delMany, entries, promisifyRequest, type UseStore } from 'idb-keyval';
import type { Parcel } from '../rules/outbox';

type Key = [user: string, id: string];

let opened: UseStore | undefined;
const store = (): UseStore => (opened ??= createStore('greenroom-outbox', 'parcels'));

/** In the order in which they were written. What was in flight may have been lost: it waits again. */
export async function kept(user: string): Promise<Parcel[]> {
  return orEmpty(async () => {
    const found = await entries<Key, Parcel>(store());
    return found
      .filter(([[owner]]) => owner === user)
      .map(([, parcel]) => (parcel.state === 'flying' ? { ...parcel, state: 'waiting' } : parcel))
      .sort((a, b) => a.order - b.order) as Parcel[];
  });
}

export function keep(user: string, parcel: Parcel): void {
  void orEmpty(async () => (await written([user, parcel.id], parcel), []));
}

export function release(user: string, id: string): void {
  void orEmpty(async () => (await del([user, id], store()), []));
}

export function releaseAll(user: string): void {
  void orEmpty(async () => {
    const keys = (await entries<Key, Parcel>(store())).map(([key]) => key);
    await delMany(
      keys.filter(([owner]) => owner === user),
      store(),
    );
    return [];
  });
}

/** Committed by hand: left to itself the browser would undo it if the page went away just now. */
function written(key: Key, parcel: Parcel): Promise<void> {
  return store()('readwrite', (parcels) => {
    parcels.put(parcel, key);
    parcels.transaction.commit();
    return promisifyRequest(parcels.transaction);
  });
}

/** A browser that keeps nothing (a private window) still sends what is in memory. */
async function orEmpty(work: () => Promise<Parcel[]>): Promise<Parcel[]> {
  try {
    return await work();
  } catch {
    return [];
  }
}
