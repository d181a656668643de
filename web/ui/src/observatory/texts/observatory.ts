/** Words of the observatory, but for those of its larger parts. */
import { plural } from '../../texts/plural';

export const observatory = {
  title: 'Observatory',
  product: 'Greenroom',
  toChat: 'To the chat',
  skip: 'Skip to the content',
  views: {
    region: 'Views',
    actors: 'Actors',
    stories: 'Stories',
    log: 'Log',
    lab: 'Drills',
    tour: 'Tour',
  },

  feed: {
    region: 'Updates',
    off: 'Not connected',
    connecting: 'Connecting…',
    live: 'Live',
    waiting: 'Reconnecting…',
    closed: 'Not open to you',
    paused: 'Paused',
    pause: 'Pause',
    resume: 'Go on',
    rate: 'Updates a second',
  },

  theme: {
    label: 'Appearance',
    auto: 'As the device',
    light: 'Light',
    dark: 'Dark',
    contrast: 'High contrast',
  },

  tiles: {
    region: 'At a glance',
    about: (name: string) => `What “${name}” means`,
    uptime: {
      name: 'Uptime',
      hint: 'How long this process has run. An engine that fails ends it, and it starts again from the journal.',
    },
    actors: {
      name: 'Actors',
      hint: 'All that live at this moment: parts, supervisors, rooms, and one session for each socket.',
    },
    messages: {
      name: 'Messages/s',
      hint: 'Messages that were acknowledged a second. Each of them is synced to the disk before that.',
    },
    wait: {
      name: 'Wait, p99',
      hint: 'Of a hundred commands ninety-nine waited less than this in a mailbox, in the last ten seconds. Sampled.',
    },
    restarts: {
      name: 'Restarts/min',
      hint: 'Actors that a supervisor started again in the last minute. Ten of a part, or five of a room, are its budget.',
    },
    deadLetters: {
      name: 'Dead letters',
      hint: 'Sent to somebody who was gone, since the start. A few while sockets close are usual; many are a bug.',
    },
    tabs: {
      name: 'Connected',
      hint: 'Sockets that are connected: tabs of browsers, and programs.',
    },
    memory: {
      name: 'Memory',
      hint: 'What the process has of the computer’s memory.',
    },
    people: (n: number) => plural(n, 'person', 'people'),
    crashes: (n: number) => plural(n, 'crash', 'crashes'),
  },

  gate: {
    title: 'This observatory is not open to you',
    explain:
      'It is for admins. Sign in with the account of one, or start the server with --lab and open this page on the same machine.',
    email: 'E-mail',
    password: 'Password',
    signIn: 'Sign in',
    notAdmin: 'You are signed in, but this account is no admin.',
    offline: 'The server could not be asked. It may be starting.',
    retry: 'Try again',
  },

  news: { close: 'Close', see: 'See the story' },

  overview: {
    warnings: 'Warnings',
    calm: 'Nothing deserves a warning.',
    stories: 'Latest stories',
    noStories: 'No actor has crashed since this was first started.',
    howToCrash: 'Choose an actor and press C to see one do so.',
    all: 'All stories',
    ledger: 'Ledger',
    audit: 'Audit now',
    holds: 'It balances',
    doesNotHold: 'It does not balance',
    audits: (n: number) => plural(n, 'audit', 'audits'),
    imbalances: (n: number) => (n === 0 ? 'none found wrong' : `${n} found wrong`),
    explainLedger:
      'What came in must have gone out, wait, or have been given up for a reason. It is counted on both sides, over crashes too.',
  },

  keys: {
    open: 'Keyboard shortcuts',
    title: 'Keyboard shortcuts',
    groups: { around: 'Anywhere', tree: 'In the tree' },
    names: {
      search: 'Search for an actor',
      pause: 'Pause, and go on',
      crash: 'Crash the chosen actor…',
      log: 'Event log',
      story: 'Newest story',
      tree: 'Tree of actors',
      list: 'This list',
      escape: 'Close; from an actor, back to the tree',
      move: 'Row above or below',
      openRow: 'Open, then enter',
      closeRow: 'Close, then go up',
      ends: 'First or last row',
      detail: 'Look at the actor',
    },
    lettersOff: 'Single letters are switched off in the settings of the chat.',
  },
};
