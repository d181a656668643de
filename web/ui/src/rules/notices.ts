/** What happened to a room, beside what was said: as sentences, and several of a kind as one. */
import { notices as texts } from '../texts/notices';
import type { DurableEvent, ErasedEvent, MemberEvent, RoomEvent, User } from '../wire';

export type NoticeEvent = MemberEvent | RoomEvent | ErasedEvent;

/** What a room was before a change of it. */
type Known = Pick<RoomEvent, 'title' | 'topic' | 'retention_s'>;

/** Changes that read as one sentence where they follow each other. */
const FOLDED = new Set(['joined', 'left', 'added', 'removed']);
/** More names than this are counted. */
const MOST_NAMES = 2;

/** Whether an event is more of what the one before it says. */
export function continues(before: NoticeEvent, event: NoticeEvent): boolean {
  if (before.type === 'erased') return event.type === 'erased';
  if (before.type !== 'member' || event.type !== 'member') return false;
  return (
    before.change === event.change &&
    FOLDED.has(event.change) &&
    before.by?.id === event.by?.id &&
    new Date(before.at).toDateString() === new Date(event.at).toDateString()
  );
}

/**
 * One sentence for events of one kind. `known` is what the room was called before, where that is
 * known.
 */
export function sentenceOf(events: readonly NoticeEvent[], me: User, known?: Known): string {
  const event = events[0]!;
  if (event.type === 'erased') return texts.erased(events.length);
  const by = event.by ? nameOf(event.by, me) : texts.someone;
  if (event.type === 'room') return aboutRoom(event, by, known);
  const who = names(events as MemberEvent[], me);
  switch (event.change) {
    case 'joined':
      return texts.joined(who);
    case 'left':
      return texts.left(who);
    case 'added':
      return texts.added(by, who);
    case 'removed':
      return texts.removed(by, who);
    case 'role':
      return texts.role(by, who, event.role ?? 'member');
    default:
      return '';
  }
}

function aboutRoom(event: RoomEvent, by: string, known?: Known): string {
  if (event.change === 'created') return texts.created(by);
  if (event.change !== 'changed') return '';
  const title = event.title ?? '';
  const topic = event.topic ?? '';
  if (known && (known.title ?? '') !== title && title !== '') return texts.renamed(by, title);
  if (known && (known.topic ?? '') !== topic) {
    return topic === '' ? texts.noTopic(by) : texts.topic(by, topic);
  }
  if (known && known.retention_s !== event.retention_s) {
    return event.retention_s == null ? texts.keptForEver(by) : texts.keptFor(by, event.retention_s);
  }
  return texts.changed(by);
}

/** Each person once: who came, went and came again came. */
function names(events: readonly MemberEvent[], me: User): string {
  const all = [...new Map(events.map(({ user }) => [user.id, nameOf(user, me)])).values()];
  const shown = all.length > MOST_NAMES + 1 ? all.slice(0, MOST_NAMES) : all;
  return texts.list(shown, all.length - shown.length);
}

function nameOf(user: User, me: User): string {
  return user.id === me.id ? texts.you : user.name;
}

export function isNotice(event: DurableEvent): event is NoticeEvent {
  return event.type === 'member' || event.type === 'room' || event.type === 'erased';
}
