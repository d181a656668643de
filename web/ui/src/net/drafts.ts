/** Drafts in IndexedDB, one entry for each person and room. */
import { createStore, del, delMany, entries, set, type UseStore } from 'idb-keyval';
import { isStale, type Draft } from '../rules/drafts';

type Key = [user: string, room: string];

let opened: UseStore | undefined;
const store = (): UseStore => (opened ??= createStore('greenroom-drafts', 'drafts'));

/** By room; those that nobody came back to for a month are gone. */
export async function keptDrafts(user: string): Promise<Map<string, Draft>> {
  const found = new Map<string, Draft>();
  try {
    const stale: Key[] = [];
    for (const [key, draft] of await entries<Key, Draft>(store())) {
      if (isStale(draft, Date.now())) stale.push(key);
      else if (key[0] === user) found.set(key[1], draft);
    }
    await delMany(stale, store());
  } catch {
    // A browser that keeps nothing has no drafts.
  }
  return found;
}

export async function keepDraft(user: string, room: string, draft: Draft | null): Promise<void> {
  try {
    const key: Key = [user, room];
    await (draft === null ? del(key, store()) : set(key, draft, store()));
  } catch {
    // The draft lives as long as the page.
  }
}

export async function releaseDrafts(user: string): Promise<void> {
  try {
    const keys = (await entries<Key, Draft>(store())).map(([key]) => key);
    await delMany(
      keys.filter(([owner]) => owner === user),
      store(),
    );
  } catch {
    // Nothing was kept.
  }
}
