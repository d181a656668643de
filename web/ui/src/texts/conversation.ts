/** What is written around messages. */
import { plural } from './plural';

export const conversation = {
  code: {
    plain: 'Code',
    copy: 'Copy',
    copied: 'Copied',
    label: (language: string) => (language ? `Code, ${language}` : 'Code'),
  },

  reply: {
    bar: 'Your answer to',
    cancel: 'Don’t answer this message',
    to: 'In reply to:',
    you: 'You',
    earlier: 'An earlier message',
    seeking: 'Looking for the message…',
    missed: 'That message can’t be shown.',
  },

  offers: {
    list: { '@': 'People', '#': 'Rooms', ':': 'Emoji' },
    count: (n: number) =>
      plural(n, 'suggestion', 'suggestions') + '. Up and Down choose, Enter takes.',
    outside: 'Not in this room',
    absent: (names: string[], kind: string) =>
      `${listed(names)} ${names.length === 1 ? 'is' : 'are'} not in this room, and ` +
      (kind === 'group' ? 'may not see this.' : 'will not see this.'),
  },

  actions: {
    bar: 'About this message',
    reply: 'Reply',
    copy: 'Copy text',
    copied: 'Copied',
  },

  readers: {
    title: 'Who has read it',
    read: 'Read by',
    delivered: 'Delivered to',
    nobody: 'Nobody has read it yet.',
    show: (state: string) => `${state}. Who has read it`,
  },

  unsent: {
    bar: 'Some messages have not been sent.',
    retryAll: 'Retry all',
    deleteAll: 'Delete all',
  },

  /** A message as one sentence. */
  spoken: (message: {
    name: string;
    time: string;
    repliesTo: string | null;
    body: string;
    state: string | null;
  }) =>
    [
      `${message.name}, ${message.time}`,
      message.repliesTo === null ? null : `in reply to ${message.repliesTo}`,
      message.body,
      message.state,
    ]
      .filter((part) => part !== null)
      .join(', '),
};

function listed(names: string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}
