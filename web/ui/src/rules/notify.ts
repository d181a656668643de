/** Of which messages to tell somebody who looks elsewhere. */
import { excerpt } from './excerpt';
import { mentions, sameName } from './mentions';
import type { Choices, Level } from './settings';
import type { RoomKind, RoomRow, User } from '../wire';

export interface News {
  room: string;
  kind: RoomKind;
  seq: number;
  user: User;
  body: string;
  /** Whom it calls further down than the body reaches. */
  mentions?: readonly string[];
}

export interface Circumstances {
  me: User;
  choices: Pick<Choices, 'levels' | 'quietUntil'>;
  now: number;
  /** Whether the room is on the screen, and somebody there who looks at it. */
  watched: boolean;
}

/** Without a choice: all of what is said to oneself alone, elsewhere what calls one by name. */
export function usualLevel(kind: RoomKind): Level {
  return kind === 'direct' ? 'all' : 'mentions';
}

export function levelOf(room: string, kind: RoomKind, levels: Record<string, Level>): Level {
  return levels[room] ?? usualLevel(kind);
}

export function isWorthTelling(news: News, { me, choices, now, watched }: Circumstances): boolean {
  if (news.user.id === me.id || watched || now < choices.quietUntil) return false;
  const level = levelOf(news.room, news.kind, choices.levels);
  return level === 'all' || (level === 'mentions' && calls(news, me.name));
}

function calls({ body, mentions: further = [] }: News, name: string): boolean {
  return mentions(body, name) || further.some((other) => sameName(other, name));
}

/** What is unread in all rooms that are not muted. */
export function countedUnread(rows: readonly RoomRow[], levels: Record<string, Level>): number {
  return rows
    .filter((row) => levels[row.room] !== 'none')
    .reduce((sum, row) => sum + row.unread, 0);
}

/** The words of a notification. */
export function wording(
  news: News,
  title: string,
  previews: boolean,
  withoutText: string,
): { title: string; body: string } {
  const from = news.kind === 'direct' ? news.user.name : `${news.user.name} (${title})`;
  return { title: from, body: previews ? excerpt(news.body) : withoutText };
}

/** Midnight at the end of the day, in the reader's own zone. */
export function tomorrow(now: Date): number {
  return new Date(now.getFullYear(), now.getMonth(), now.getDate() + 1).getTime();
}
