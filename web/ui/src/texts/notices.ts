/** Lines about what happened to a room. Whoever reads them is “you”. */
import { lasting } from './plural';

const named: Record<string, string> = {
  owner: 'an owner',
  moderator: 'a moderator',
  member: 'a member',
};

/** English has another verb for “you”. */
const verb = (who: string): string => (who === notices.you ? 'are' : 'is');

export const notices = {
  you: 'You',
  someone: 'Someone',

  list: (shown: string[], more: number): string => {
    if (more > 0) return `${shown.join(', ')} and ${more} others`;
    return shown.length < 2
      ? (shown[0] ?? '')
      : `${shown.slice(0, -1).join(', ')} and ${shown.at(-1)}`;
  },
  joined: (who: string) => `${who} joined`,
  left: (who: string) => `${who} left`,
  added: (by: string, who: string) => `${by} added ${small(who)}`,
  removed: (by: string, who: string) => `${by} removed ${small(who)}`,
  role: (by: string, who: string, role: string) =>
    `${who} ${verb(who)} now ${named[role] ?? role}, made so by ${small(by)}`,
  created: (by: string) => `${by} made this room`,
  renamed: (by: string, title: string) => `${by} named this room “${title}”`,
  topic: (by: string, topic: string) => `${by} set the topic: ${topic}`,
  noTopic: (by: string) => `${by} removed the topic`,
  keptFor: (by: string, seconds: number) => `${by} had messages kept for ${lasting(seconds)} only`,
  keptForEver: (by: string) => `${by} had messages kept for ever`,
  erased: (n: number) => (n === 1 ? 'Message erased' : `${n} messages erased`),
  changed: (by: string) => `${by} changed what this room is called or about`,
};

/** Within a sentence “You” is small. */
function small(who: string): string {
  return who.replace(/^You\b/, 'you');
}
