/** What a person may choose, and the keys of the page. */

export const settings = {
  open: 'Settings',
  title: 'Settings',

  theme: {
    title: 'Appearance',
    auto: 'As the device',
    light: 'Light',
    dark: 'Dark',
    contrast: 'High contrast',
  },

  writing: {
    title: 'Writing',
    sendBy: 'What sends a message',
    enter: 'Enter',
    ctrlEnter: 'Ctrl + Enter',
    letters: 'Single letters act on the message that has the focus (R replies, C copies)',
  },

  notifications: {
    title: 'Notifications',
    explain:
      'You are told of private messages and of messages with your @name. Each room can have another rule: see its bell.',
    turnOn: 'Turn on notifications',
    on: 'Notify me on this device',
    denied:
      'This browser doesn’t let Greenroom notify you. Allow it in the site’s settings, beside the address, and reload.',
    unsupported: 'This browser has no notifications.',
    previews: 'Show what was said',
    sound: 'Play a sound',
    volume: 'Volume',
    test: 'Send a test',
    sample: { title: 'Greenroom', body: 'This is how a message is announced.' },
    withoutText: 'A new message',
  },

  quiet: {
    title: 'Do not disturb',
    off: 'Off',
    hour: 'For an hour',
    tomorrow: 'Until tomorrow',
    until: (time: string) => `Nothing disturbs you until ${time}.`,
  },

  room: {
    open: (level: string) => `Notifications of this room: ${level}`,
    title: 'Tell me of',
    all: 'Every message',
    mentions: 'Messages with my @name',
    none: 'Nothing',
    usual: 'usual',
  },

  keys: {
    open: 'Keyboard shortcuts',
    title: 'Keyboard shortcuts',
    groups: {
      places: 'Getting around',
      messages: 'On a message',
      writing: 'While writing',
    },
    names: {
      switcher: 'Jump to a room or a person',
      shortcuts: 'This list',
      rooms: 'Room above or below',
      unread: 'Unread room above or below',
      regions: 'Next part of the page; with Shift, the one before',
      escape: 'Close, then don’t answer, then go to the newest message',
      newest: 'Newest message',
      oldest: 'Oldest message that is loaded',
      firstNew: 'To the first new message',
      move: 'Message above or below',
      ends: 'First or last message',
      reply: 'Reply',
      copy: 'Copy',
      send: 'Send',
      line: 'New line',
      bold: 'Bold',
      italic: 'Italic',
      code: 'Code',
      mention: 'Call somebody',
    },
    lettersOff: 'Single letters are switched off in the settings.',
  },

  update: {
    ready: 'A new version of this page is ready.',
    reload: 'Reload',
  },
};
