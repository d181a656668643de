/** The guided tour: what to do, what to expect, why, and where in the code. docs/lab.md tells it at length. */
import type { ExperimentName } from '../rules/experiments';

export interface Chapter {
  title: string;
  do: string;
  expect: string;
  why: string;
  where: string[];
  act: string;
}

const chapters: Record<ExperimentName, Chapter> = {
  room: {
    title: 'The death of one room',
    do: 'Open the room in two windows, write in one of them, and crash the room meanwhile.',
    expect:
      'Both windows stay connected and show no error. The story takes some milliseconds: a fresh room reads its newest events, its sessions enter it again and repeat what was unanswered. Each message is there once.',
    why: 'A room owns nothing that only it knows: what was said is in the journal, and who sits there is known to the sessions. So its death costs a moment and no message.',
    where: [
      'actors/src/rooms/actor.rs',
      'actors/src/room/opening.rs',
      'actors/src/room/returning.rs',
    ],
    act: 'Crash the room…',
  },
  store: {
    title: 'The death of the store in mid-batch',
    do: 'Say something, and let the store panic while the sync of that, which is made to take two seconds, goes on.',
    expect:
      'The message waits for two seconds, since its sync does, and then has its tick. The store’s story ends with 0 lost and 0 doubled; what rooms submitted again is counted.',
    why: 'The store’s actor owns nothing. The journal’s writer is a thread of its own and finishes the batch in hand; each room submits again what has no answer, and the writer drops what it has already.',
    where: ['actors/src/store/actor.rs', 'actors/src/room/actor.rs', 'storage/src/writer.rs'],
    act: 'Crash it in mid-batch…',
  },
  storm: {
    title: 'A storm of restarts, and the spent budget',
    do: 'Crash the room six times within a minute.',
    expect:
      'Five times it is started again, each time a little later. The sixth spends its budget: the room is set aside for a minute, and says so to whoever wants in. All other rooms go on, and their supervisor lives.',
    why: 'A fault that comes back at once is no chance. Endless restarts would burn the processor and hide it; a budget says when to stop, and a quarantine keeps one bad room from costing the others theirs.',
    where: ['actors/src/supervision.rs', 'actors/src/supervision/record.rs'],
    act: 'Crash it six times…',
  },
  poison: {
    title: 'A poisonous message',
    do: 'Let a guest say something that fails the room each time that it looks at it.',
    expect:
      'The room crashes twice over it, and no third time: the message is set aside, the log says so, and its sender is told. Nothing of it is stored, no socket closes, and everybody else goes on.',
    why: 'A fresh room repeats what was unanswered, so a poisonous command would kill each successor. The casebook, which the supervisor keeps, notes what was in hand when the room died.',
    where: ['actors/src/room/casebook.rs', 'actors/src/room/saying.rs'],
    act: 'Poison the room…',
  },
  'slow-reader': {
    title: 'A reader who does not read',
    do: 'Run the drill: some clients stop reading, while everybody else goes on.',
    expect:
      'Above 1 MiB each of them is closed with 4410, and may come back and resume. For nobody else does a message take longer, and memory stays where it was.',
    why: 'A room hands encoded events straight to each outbox, and waits for none. What would be a growing queue is a decision with a name.',
    where: ['actors/src/outbox.rs', 'actors/src/outbox/queue.rs'],
    act: 'Run the drill “slow-reader”',
  },
  hang: {
    title: 'An actor that hangs',
    do: 'Let the room hang, and say something in it.',
    expect:
      'The message waits, and a warning counts the seconds. After five looks without progress the watchdog ends the room; from there on all is as after a panic, and the message is there.',
    why: 'Who hangs never fails, so somebody must fail it. The watchdog counts looks and not seconds: a computer that was asleep for an hour wakes up to one look.',
    where: ['actors/src/engine/watchdog.rs', 'actors/src/address.rs'],
    act: 'Let it hang…',
  },
  'kill-nine': {
    title: 'kill -9',
    do: 'Run the drill: a server is killed at random moments while guests talk, also while it recovers from the last time.',
    expect:
      'Each start reads the journal and cuts what is torn at its end, which nobody was promised. The clients come back and repeat what had no answer. Nothing acknowledged is lost, nothing is there twice.',
    why: 'An ack is sent only when the message is synced to the disk, and nobody is shown a message before. So there is nothing to take back.',
    where: ['storage/src/journal/recovery.rs', 'src/drill/checker.rs'],
    act: 'Run the drill “kill-nine”',
  },
};

export const tour = {
  title: 'A guided tour',
  explain:
    'Seven experiments with failure: what to do, what to expect, and why it is so. Nothing that was acknowledged is lost in any of them.',
  noLab:
    'This server has no laboratory: it is started with --lab. The tour can be read, and done elsewhere.',
  room: 'In which room',
  noRooms: 'No room is open now.',
  openOne: 'Open one',
  do: 'Do',
  expect: 'Expect',
  why: 'Why',
  where: 'Where in the code',
  chapters,
  list: 'Experiments',
};
