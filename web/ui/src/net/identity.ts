/**
 * Who this page is, kept in the browser. A link with `?name=` is a person of its own for one tab,
 * so that two windows side by side can be two people.
 */
import type { User } from '../wire';

export interface Identity {
  user: User;
  /** With this the server knows the guest again. */
  token: string;
  /** The name in the link, which the server may have written otherwise. */
  link: string | null;
}

const KEY = 'greenroom.guest';
const LINK_PARAMETER = 'name';

export function nameInLink(): string | null {
  return new URLSearchParams(location.search).get(LINK_PARAMETER)?.trim() || null;
}

export function remembered(): Identity | null {
  try {
    const identity = JSON.parse(storage().getItem(KEY) ?? 'null') as Identity | null;
    return identity?.link === nameInLink() ? identity : null;
  } catch {
    return null;
  }
}

export function remember(user: User, token: string): void {
  const identity: Identity = { user, token, link: nameInLink() };
  try {
    storage().setItem(KEY, JSON.stringify(identity));
  } catch {
    // A browser that keeps nothing still chats, until the next reload.
  }
}

export function forget(): void {
  try {
    storage().removeItem(KEY);
  } catch {
    // Nothing was kept.
  }
}

/** Calls back when another tab of the same person signs out. */
export function onForgottenElsewhere(callback: () => void): void {
  addEventListener('storage', (event) => {
    const ours = nameInLink() === null && (event.key === KEY || event.key === null);
    if (ours && event.newValue === null) callback();
  });
}

function storage(): Storage {
  return nameInLink() === null ? localStorage : sessionStorage;
}
