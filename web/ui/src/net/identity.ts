/**
 * Who this page is, kept in the browser: for all its tabs, or for this one. A link with `?name=` is
 * a person of its own for one tab, so that two windows side by side can be two people.
 */
import type { User } from '../wire';

export interface Identity {
  user: User;
  /** With this the server knows them again. */
  token: string;
  /** Without an account. */
  guest: boolean;
  /** The name in the link, which the server may have written otherwise. */
  link: string | null;
}

const KEY = 'greenroom.guest';
/** What stands in place of someone whom the server no longer knows. */
const LAPSED = 'null';
const LINK_PARAMETER = 'name';

export function nameInLink(): string | null {
  return new URLSearchParams(location.search).get(LINK_PARAMETER)?.trim() || null;
}

/** The one of this tab goes before the one of all tabs. */
export function remembered(): Identity | null {
  const link = nameInLink();
  const here = read(() => sessionStorage);
  if (here?.link === link) return here;
  const everywhere = read(() => localStorage);
  // Nobody else may be called as someone with an account is: a link with their name means them.
  const meant = link === null || (everywhere?.guest === false && everywhere.user.name === link);
  return meant ? everywhere : null;
}

/** A link with a name is for one tab in any case. */
export function remember(who: Omit<Identity, 'link'>, thisTabOnly: boolean): void {
  const link = nameInLink();
  const identity: Identity = { ...who, link };
  try {
    const storage = thisTabOnly || link !== null ? sessionStorage : localStorage;
    storage.setItem(KEY, JSON.stringify(identity));
  } catch {
    // A browser that keeps nothing still chats, until the next reload.
  }
}

/** Forgets whoever has this token, and nobody who came after them: they have signed out, in all tabs. */
export function forget(token: string): void {
  for (const storage of storagesWith(token)) storage.removeItem(KEY);
}

/**
 * The server no longer knows this token. Other tabs hear that from the server, too; it is nothing
 * for which they would throw away what somebody wrote.
 */
export function lapse(token: string): void {
  for (const storage of storagesWith(token)) storage.setItem(KEY, LAPSED);
}

function storagesWith(token: string): Storage[] {
  const all = [() => sessionStorage, () => localStorage];
  return all.filter((storage) => read(storage)?.token === token).map((storage) => storage());
}

export function isOfThisTab(): boolean {
  return nameInLink() !== null || read(() => sessionStorage) !== null;
}

/** Calls back when another tab signs in or out for all of them. */
export function onChangedElsewhere(callback: (now: Identity | null) => void): void {
  addEventListener('storage', (event) => {
    if (event.storageArea !== localStorage || isOfThisTab() || event.newValue === LAPSED) return;
    if (event.key === KEY || event.key === null) callback(read(() => localStorage));
  });
}

function read(storage: () => Storage): Identity | null {
  try {
    return JSON.parse(storage().getItem(KEY) ?? 'null') as Identity | null;
  } catch {
    return null;
  }
}
