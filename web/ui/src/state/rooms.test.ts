import { beforeEach, expect, test } from 'vitest';
import type { ClientFrame, DurableEvent, Joined, Message } from '../wire';
import { Announcer } from './announcer.svelte';
import { Lobby } from './lobby.svelte';
import { Rooms, type Asked } from './rooms.svelte';

const ana = { id: 'ana', name: 'Ana' };
const bob = { id: 'bob', name: 'Bob' };

let online: boolean;
let sent: ClientFrame[];
let asked: Asked[];
let lobby: Lobby;
let rooms: Rooms;

beforeEach(() => {
  online = true;
  sent = [];
  asked = [];
  lobby = new Lobby();
  const wire = {
    isOnline: () => online,
    send: (frame: ClientFrame) => (online ? (sent.push(frame), true) : false),
    ask: (what: Asked) => asked.push(what),
  };
  rooms = new Rooms(wire, lobby, new Announcer(), { here: true });
  rooms.me = ana;
});

function message(seq: number, user = bob, id = `id-${seq}`): Message {
  const at = '2026-01-01T00:00:00.000Z';
  return { type: 'message', room: 'green', seq, id, user, body: `Line ${seq}`, at };
}

function joined(events: DurableEvent[], more: Partial<Joined> = {}): Joined {
  return {
    type: 'joined',
    room: 'green',
    kind: 'group',
    title: 'green',
    last_seq: events.at(-1)?.seq ?? 0,
    read_seq: 0,
    events,
    epoch: 'first',
    first_seq: 1,
    reset: false,
    more: false,
    online_count: 1,
    online: [ana],
    receipts: [],
    ...more,
  };
}

/** Takes what was sent since the last look. */
function wrote(type: ClientFrame['type']): ClientFrame[] {
  const found = sent.filter((frame) => frame.type === type);
  sent = sent.filter((frame) => frame.type !== type);
  return found;
}

function breakOff(): void {
  online = false;
  rooms.disconnected();
}

function comeBack(): void {
  online = true;
  rooms.settle();
}

const seqs = (): number[] => rooms.current?.timeline.events.map((event) => event.seq) ?? [];

test('one room is heard at a time', () => {
  rooms.show('green');
  rooms.joined(joined([]));
  rooms.show('attic');
  expect(wrote('join')).toMatchObject([{ room: 'green' }, { room: 'attic' }]);
  expect(wrote('leave')).toMatchObject([{ room: 'green' }]);
});

test('a room with a message on its way is heard until the message is stored', () => {
  rooms.show('green');
  rooms.joined(joined([]));
  rooms.postman.post('green', 'Wait for me');
  rooms.show('attic');
  expect(wrote('leave')).toEqual([]);
  const [send] = wrote('send');
  if (send?.type !== 'send') throw new Error('it was not sent');
  rooms.acknowledged({ type: 'ack', room: 'green', id: send.id, seq: 1, at: '' });
  expect(wrote('leave')).toMatchObject([{ room: 'green' }]);
});

test('after a break the room is resumed, and what was not answered goes first, under its id', () => {
  rooms.show('green');
  rooms.joined(joined([message(1), message(2)]));
  rooms.postman.post('green', 'Unanswered');
  const [first] = wrote('send');
  breakOff();
  rooms.postman.post('green', 'Written meanwhile');
  expect(wrote('send')).toEqual([]);

  wrote('join');
  comeBack();
  expect(wrote('join')).toMatchObject([{ room: 'green', since: 2, epoch: 'first' }]);
  expect(wrote('send'), 'nothing is sent to a room that was not joined').toEqual([]);
  rooms.joined(joined([message(3)]));
  const sends = wrote('send');
  expect(sends).toMatchObject([{ body: 'Unanswered' }, { body: 'Written meanwhile' }]);
  expect(sends[0]).toMatchObject({ id: first?.type === 'send' && first.id });
  expect(seqs()).toEqual([1, 2, 3]);
});

test('a hole is asked for before anything after it is shown', () => {
  rooms.show('green');
  rooms.joined(joined([message(1)]));
  wrote('join');
  rooms.arrived('green', [message(3)]);
  expect(seqs()).toEqual([1]);
  expect(wrote('join')).toMatchObject([{ since: 1, epoch: 'first' }]);
  rooms.arrived('green', [message(4)]);
  rooms.joined(joined([message(2), message(3), message(4)]));
  expect(seqs()).toEqual([1, 2, 3, 4]);
});

test.each([['echo first'], ['answer first']])('an own message is one, %s', (order) => {
  rooms.show('green');
  rooms.joined(joined([]));
  rooms.postman.post('green', 'Hello');
  const [send] = wrote('send');
  if (send?.type !== 'send') throw new Error('it was not sent');
  const echo = (): void => rooms.arrived('green', [message(1, ana, send.id)]);
  const answer = (): void =>
    rooms.acknowledged({ type: 'ack', room: 'green', id: send.id, seq: 1, at: '' });
  if (order === 'echo first') echo();
  answer();
  if (order === 'answer first') {
    expect(rooms.postman.parcels, 'it stays until its echo').toMatchObject([{ state: 'stored' }]);
    echo();
  }
  expect(rooms.postman.parcels).toEqual([]);
  expect(seqs()).toEqual([1]);
});

test('a restored log is not read further than it goes', () => {
  rooms.show('green');
  rooms.joined(joined([message(900)], { last_seq: 900, first_seq: 900 }));
  const room = rooms.current!;
  rooms.readToEnd(room);
  breakOff();
  comeBack();
  rooms.joined(joined([message(1)], { epoch: 'second', reset: true }));
  expect(room.toTell).toEqual({ delivered: 1, read: 0 });
  expect(lobby.row('green')).toMatchObject({ last_seq: 1, read_seq: 0, unread: 1 });
});

test('what may not be entered takes no messages', () => {
  rooms.show('secret');
  rooms.postman.post('secret', 'Anyone?');
  rooms.notJoined('secret', { type: 'error', code: 'not_found', message: 'no such room' });
  expect(rooms.current?.trouble).toContain('no such room');
  expect(rooms.postman.parcels).toMatchObject([{ state: 'refused' }]);
  wrote('join');
  rooms.settle();
  expect(wrote('join')).toEqual([]);
});

test('whoever answers has read, without a receipt', () => {
  rooms.show('green');
  rooms.joined(joined([message(1, ana)]));
  rooms.arrived('green', [message(2, bob)]);
  expect(rooms.current?.cursors.get('bob')).toMatchObject({ delivered: 2, read: 2 });
});

test('what was erased while one looked elsewhere is found on coming back', () => {
  rooms.show('green');
  rooms.joined(joined([message(1), message(2)]));
  rooms.show('attic');
  wrote('history');
  rooms.show('green');
  rooms.joined(joined([], { last_seq: 2 }));
  expect(wrote('history')).toMatchObject([{ room: 'green', before: 3, limit: 2 }]);
  const events: DurableEvent[] = [{ type: 'erased', room: 'green', seq: 1 }, message(2)];
  const page = { type: 'history', room: 'green', events, more: false, first_seq: 1 } as const;
  const last = asked.at(-1)!;
  if (last.what === 'page') last.take(page);
  expect(rooms.current?.timeline.events.map((event) => event.type)).toEqual(['erased', 'message']);
  expect(wrote('history'), 'all of it was looked at').toEqual([]);
});
