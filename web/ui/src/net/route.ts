/** The two places of this page: `/`, and `/r/<room>`. */
import { slug } from '../rules/rooms';

export function roomInPath(path: string = location.pathname): string | null {
  const typed = /^\/r\/([^/]+)\/?$/.exec(path)?.[1];
  return typed === undefined ? null : slug(decoded(typed));
}

/** Keeps the query, as it may say who this tab is. */
export function pathOf(room: string | null): string {
  return (room === null ? '/' : `/r/${room}`) + location.search;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
