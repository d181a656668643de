/** How reachable one wants to be seen, kept over a reload of this tab. */
import type { Availability } from '../wire';

type Chosen = Exclude<Availability, 'offline'>;

const KEY = 'greenroom.status';
const CHOICES: readonly string[] = ['online', 'away', 'dnd'] satisfies Chosen[];

export function status(): Chosen {
  try {
    const found = sessionStorage.getItem(KEY) ?? '';
    return CHOICES.includes(found) ? (found as Chosen) : 'online';
  } catch {
    return 'online';
  }
}

export function keepStatus(chosen: Chosen): void {
  try {
    sessionStorage.setItem(KEY, chosen);
  } catch {
    // It is forgotten with the page.
  }
}
