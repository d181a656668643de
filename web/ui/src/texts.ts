/** Every text of the page, in English. */
import { plural } from './texts/plural';

export const texts = {
  product: 'Greenroom',

  rooms: {
    region: 'Rooms',
    enter: 'Enter a room',
    placeholder: 'Enter a room by name',
    go: 'Go',
    invalid: 'Use letters, digits and hyphens, up to 64.',
    unread: (n: number) => plural(n, 'unread message', 'unread messages'),
    here: (n: number) => `${n} here · `,
    quiet: 'No messages yet',
    you: 'You',
  },

  conversation: {
    pickTitle: 'Pick a room',
    pick: 'Choose one from the list, or jump to any room or person with Ctrl+K.',
    back: 'All rooms',
    backUnread: (n: number) =>
      `All rooms, ${plural(n, 'unread message', 'unread messages')} elsewhere`,
    messages: (title: string) => `Messages in ${title}`,
    opening: 'Opening the room…',
    here: (n: number) => plural(n, 'person here', 'people here'),
    you: 'you',
    close: 'Close',
    beginning: (title: string) => `This is the beginning of ${title}.`,
    older: 'Loading older messages…',
    olderFailed: 'Older messages could not be loaded.',
    retry: 'Retry',
    newMark: 'New',
    newBelow: (n: number) => plural(n, 'new message', 'new messages'),
    toEnd: 'Go to the newest message',
    toLatest: 'Back to latest',
    missing: 'There is no such room, or it isn’t open to you.',
    forbidden: 'This room isn’t open to you.',
    failed: (why: string) => `The room could not be opened: ${why}`,
    removed: 'You are no longer in this room.',
    deleted: 'This room was deleted.',
    toList: 'Back to the rooms',
    arrived: (name: string, body: string) => `${name}: ${body.slice(0, 200)}`,
  },

  composer: {
    form: 'Message',
    label: (title: string) => `Message ${title}`,
    send: 'Send',
    tooLong: (over: number) => `Too long by ${plural(over, 'byte', 'bytes')}.`,
    offline: 'Messages will be sent when the connection is back.',
  },

  message: {
    ticks: {
      sending: 'Sending',
      sent: 'Sent',
      delivered: 'Delivered',
      read: 'Read',
      failed: 'Not sent',
    },
    notSent: (why: string | undefined) => (why ? `Not sent: ${why}` : 'Not sent'),
    retry: 'Retry',
    delete: 'Delete',
  },

  typing: {
    sentence: ([a, b, ...others]: string[]) => {
      if (a === undefined) return '';
      if (b === undefined) return `${a} is typing…`;
      if (others.length === 0) return `${a} and ${b} are typing…`;
      return `${a} and ${others.length + 1} others are typing…`;
    },
  },

  connection: {
    online: 'Connected',
    slow: 'Slow connection',
    connecting: 'Connecting…',
    waiting: 'Reconnecting…',
    next: (seconds: number) => `Next try in ${seconds} s.`,
    tryNow: 'Try now',
    outdated: 'This page and the server no longer match.',
    reload: 'Reload',
  },

  me: {
    signOut: 'Sign out',
    signOutHint: 'Sign out and forget this guest on this device',
  },

  skip: 'Skip to the conversation',
  day: { today: 'Today', yesterday: 'Yesterday' },
  announce: (n: number) => plural(n, 'new message', 'new messages'),
};

/** What the server says, as a sentence: its messages begin small and end without a stop. */
export function sentence(message: string): string {
  const text = message.charAt(0).toUpperCase() + message.slice(1);
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
