/** Words of the laboratory. */
import { plural } from '../../texts/plural';
import type { Blow } from '../net/calls';
import type { Plot } from '../rules/blows';
import type { DrillState } from '../wire';

interface Choice {
  name: string;
  does: string;
}

const blows: Record<Blow, Choice> = {
  crash: { name: 'Panic now', does: 'It gets a message whose handler panics.' },
  'panic-next': {
    name: 'Panic on the next message',
    does: 'It panics over whatever it takes in hand next, before it is done.',
  },
  kill: { name: 'Kill', does: 'It is ended where it stands, as the watchdog ends whoever hangs.' },
  hang: {
    name: 'Hang',
    does: 'Its handler never returns. The watchdog sees no progress, and ends it after 5 to 6 seconds.',
  },
  flood: { name: 'Flood', does: 'So many messages that do nothing fill its mailbox.' },
  passivate: {
    name: 'Close it',
    does: 'The room ends as after a minute without anybody, if nobody sits there.',
  },
};

export const lab = {
  blows,
  title: (actor: string) => `Crash ${actor}`,
  what: 'What happens to it',
  messages: 'How many messages',
  failSync: {
    name: 'Fail the next sync',
    does: 'The journal’s next sync fails. The process acknowledges nothing more and ends with the reason.',
  },
  plots: {
    storm: {
      name: 'Panic six times',
      does: 'One after the other, within a minute: one more than its budget of restarts.',
    },
    poison: {
      name: 'A poisonous message',
      does: 'A guest says something that fails the room each time that it looks at it. The second death over it sets it aside.',
    },
    'mid-batch': {
      name: 'Panic in mid-batch',
      does: 'The next sync takes two seconds, and it panics meanwhile. Say something just before.',
    },
  } satisfies Record<Plot, { name: string; does: string }>,
  radius: 'Who is touched',
  radiusLoading: 'Asking who will be touched…',
  radiusGone: 'Nobody of that name lives at this moment.',
  radiusUnknown: 'It could not be asked who will be touched.',
  rooms: (n: number) => plural(n, 'room', 'rooms'),
  people: (n: number) => plural(n, 'person', 'people'),
  restarts: (n: number) => `${plural(n, 'actor is', 'actors are')} started again`,
  sockets: (n: number) => `${plural(n, 'socket is', 'sockets are')} closed`,
  processEnds: 'The process ends',
  andMore: (n: number) => `and ${n} more`,
  cancel: 'Cancel',
  strike: 'Do it',
  strikes: {
    crash: 'Crash it',
    'panic-next': 'Lay the trap',
    kill: 'Kill it',
    hang: 'Let it hang',
    flood: 'Flood it',
    storm: 'Crash it six times',
    poison: 'Poison it',
    'mid-batch': 'Crash it in mid-batch',
    passivate: 'Close it',
    'fail-next-sync': 'Fail the sync',
  },
  done: {
    crash: (actor: string) => `${actor} was told to panic.`,
    'panic-next': (actor: string) => `${actor} panics over its next message.`,
    kill: (actor: string) => `${actor} was killed.`,
    hang: (actor: string) => `${actor} hangs. The watchdog ends it within 6 seconds.`,
    flood: (actor: string, messages = 0) => `${messages} messages were sent to ${actor}.`,
    passivate: (actor: string) => `${actor} was told to close, if nobody needs it.`,
  } satisfies Record<Blow, (actor: string, messages?: number) => string>,
  storms: (actor: string, n: number) => `${actor} is crashed ${n} times, one after the other.`,
  poisons: (actor: string) => `A guest says something poisonous in ${actor}.`,
  poisonRefused: (why: string) => `The poisonous message was refused: ${why || 'no answer'}.`,
  poisonBorne: 'The message was not poisonous: somebody else’s trap had the same name.',
  syncWillFail: 'The next sync fails, and the process ends.',
  refused: (why: string) => (why ? `That was refused: ${why}.` : 'The server could not be asked.'),
  drillBegins: (name: string) => `The drill ${name} begins.`,
  drillStops: 'The drill is being stopped.',

  drills: {
    title: 'Failure drills',
    explain:
      'Each starts a server of its own, lets guests talk, breaks something, and compares what is stored with what they were promised. This server is not touched.',
    list: 'Drills',
    quick: 'In their short form',
    run: 'Run',
    runNamed: (name: string) => `Run the drill ${name}`,
    stop: 'Stop',
    needs: (what: string) => `needs ${what}`,
    needsNothing: 'nothing',
    failed: 'The drills could not be asked for.',
    verdict: 'Verdict',
    states: {
      running: 'running',
      passed: 'passed',
      failed: 'failed',
      skipped: 'skipped',
      error: 'could not be carried out',
      stopped: 'stopped',
    } satisfies Record<DrillState, string>,
    progress: (step: number, of: number) => (of === 0 ? `step ${step}` : `step ${step} of ${of}`),
    columns: {
      attempts: 'attempts',
      acknowledged: 'acked',
      lost: 'lost',
      duplicated: 'dup',
      reordered: 'reord',
      gaps: 'gaps',
      ghosts: 'ghosts',
      leaked: 'leaked',
      imbalances: 'ledger',
    },
    median: 'median',
    max: 'max',
    seed: 'seed',
    breaches: 'What did not hold',
    notes: 'Notes',
  },
};
