import { describe, expect, test } from 'vitest';
import type { DurableEvent, HistoryPage, Joined } from '../wire';
import * as timeline from './timeline';

function message(seq: number, user = 'bob'): DurableEvent {
  const at = '2026-01-01T00:00:00.000Z';
  const body = `Line ${seq}`;
  return {
    type: 'message',
    room: 'green',
    seq,
    id: `id-${seq}`,
    user: { id: user, name: user },
    body,
    at,
  };
}

function messages(from: number, to: number): DurableEvent[] {
  return Array.from({ length: to - from + 1 }, (_, i) => message(from + i));
}

function joined(events: DurableEvent[], more: Partial<Joined> = {}): Joined {
  return {
    type: 'joined',
    room: 'green',
    kind: 'group',
    last_seq: events.at(-1)?.seq ?? 0,
    read_seq: 0,
    events,
    epoch: 'first',
    first_seq: 1,
    reset: false,
    more: false,
    online_count: 1,
    online: [],
    receipts: [],
    ...more,
  };
}

function page(events: DurableEvent[], more: boolean): HistoryPage {
  return { type: 'history', room: 'green', events, more, first_seq: 1 };
}

const seqs = (held: timeline.Timeline): number[] => held.events.map((event) => event.seq);
const opened = (from: number, to: number): timeline.Timeline =>
  timeline.afterJoin(timeline.EMPTY, joined(messages(from, to))).timeline;

describe('joining', () => {
  test('the first join asks for the newest, a later one for what was missed', () => {
    expect(timeline.resumePoint(timeline.EMPTY)).toEqual({});
    expect(timeline.resumePoint(opened(11, 13))).toEqual({ since: 13, epoch: 'first' });
  });

  test('an empty room is resumed from nought', () => {
    const held = timeline.afterJoin(timeline.EMPTY, joined([])).timeline;
    expect(timeline.resumePoint(held)).toEqual({ since: 0, epoch: 'first' });
  });

  test('what was missed is added', () => {
    const result = timeline.afterJoin(opened(1, 3), joined(messages(4, 6)));
    expect(seqs(result.timeline)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(result.fresh).toHaveLength(3);
  });

  test('nothing missed changes nothing', () => {
    const result = timeline.afterJoin(opened(1, 3), joined([], { last_seq: 3 }));
    expect(seqs(result.timeline)).toEqual([1, 2, 3]);
    expect(result.fresh).toEqual([]);
  });

  test('a reset forgets what was held', () => {
    const result = timeline.afterJoin(opened(1, 3), joined(messages(2000, 2002), { reset: true }));
    expect(seqs(result.timeline)).toEqual([2000, 2001, 2002]);
    expect(timeline.hasOlder(result.timeline)).toBe(true);
  });

  test('another epoch forgets what was held, said or not', () => {
    const restored = joined(messages(1, 2), { epoch: 'second' });
    expect(seqs(timeline.afterJoin(opened(1, 9), restored).timeline)).toEqual([1, 2]);
  });
});

describe('newer events', () => {
  test('come once, however often they arrive', () => {
    const once = timeline.append(opened(1, 3), messages(3, 5));
    const twice = timeline.append(once.timeline, messages(1, 5));
    expect(seqs(twice.timeline)).toEqual([1, 2, 3, 4, 5]);
    expect(twice.fresh).toEqual([]);
    expect(twice.gap).toBe(false);
  });

  test('stop before a hole, which is told', () => {
    const result = timeline.append(opened(1, 3), [message(4), message(6)]);
    expect(seqs(result.timeline)).toEqual([1, 2, 3, 4]);
    expect(result.gap).toBe(true);
  });

  test('of an unknown kind keep their number', () => {
    const unknown: DurableEvent = { type: 'unknown', room: 'green', seq: 4, at: '' };
    const result = timeline.append(opened(1, 3), [unknown, message(5)]);
    expect(seqs(result.timeline)).toEqual([1, 2, 3, 4, 5]);
  });
});

describe('older pages', () => {
  test('go to the front', () => {
    const held = timeline.prepend(opened(51, 60), page(messages(41, 50), true));
    expect(seqs(held)).toEqual([...messages(41, 60)].map((event) => event.seq));
    expect(timeline.hasOlder(held)).toBe(true);
  });

  test('overlap without doubles', () => {
    const held = timeline.prepend(opened(5, 6), page(messages(3, 5), true));
    expect(seqs(held)).toEqual([3, 4, 5, 6]);
  });

  test('that do not adjoin are dropped', () => {
    const held = opened(51, 60);
    expect(timeline.prepend(held, page(messages(1, 40), false))).toBe(held);
  });

  test('end where the room begins, also when the oldest were removed', () => {
    expect(timeline.hasOlder(opened(1, 3))).toBe(false);
    const held = timeline.prepend(opened(51, 60), page(messages(45, 50), false));
    expect(timeline.hasOlder(held)).toBe(false);
    expect(timeline.hasOlder(timeline.prepend(opened(51, 60), page([], false)))).toBe(false);
  });
});

test('what is far up is let go, and can be had again', () => {
  expect(timeline.trimmed(opened(1, 12), 10).events).toHaveLength(12);
  const held = timeline.trimmed(opened(1, 13), 10);
  expect(seqs(held)[0]).toBe(4);
  expect(timeline.hasOlder(held)).toBe(true);
  expect(timeline.resumePoint(held).since).toBe(13);
});

test('unread are the messages of others after the cursor', () => {
  const held = timeline.append(opened(1, 3), [message(4, 'ana'), message(5)]).timeline;
  expect(timeline.countUnread(held, 2, 'ana')).toBe(2);
  expect(timeline.countUnread(held, 5, 'ana')).toBe(0);
});

describe('far up', () => {
  const far = timeline.trimmedAtEnd(opened(1, 30), 20);

  test('the newest are let go, and what comes meanwhile is counted but not held', () => {
    expect(seqs(far).at(-1)).toBe(20);
    expect(timeline.hasNewer(far)).toBe(true);
    const { timeline: after, fresh, gap } = timeline.append(far, messages(31, 32));
    expect(gap).toBe(false);
    expect(fresh).toHaveLength(2);
    expect(seqs(after)).toEqual(seqs(far));
    expect(timeline.resumePoint(after), 'nothing is asked for twice').toMatchObject({ since: 32 });
  });

  test('they come back page by page, and then what is said is held again', () => {
    const half = timeline.extend(far, page(messages(21, 25), true));
    expect(timeline.hasNewer(half)).toBe(true);
    const whole = timeline.extend(half, page(messages(26, 30), false));
    expect(timeline.hasNewer(whole)).toBe(false);
    expect(seqs(timeline.append(whole, [message(31)]).timeline)).toEqual(seqs(opened(1, 31)));
  });

  test('a page that does not adjoin is dropped', () => {
    expect(timeline.extend(far, page(messages(22, 25), true))).toBe(far);
  });

  test('a few more than the bound stay', () => {
    expect(seqs(timeline.trimmedAtEnd(opened(1, 25), 20))).toHaveLength(25);
  });
});

describe('what was erased', () => {
  const held = (): timeline.Timeline =>
    timeline.afterJoin(timeline.EMPTY, joined([message(1), message(2, 'ana'), message(3)]))
      .timeline;
  const kinds = ({ events }: timeline.Timeline): string[] => events.map((event) => event.type);

  test('is a place in the order where somebody had said something, up to then', () => {
    const after = timeline.erased(held(), { user: 'bob', up_to: 2 });
    expect(kinds(after)).toEqual(['erased', 'message', 'message']);
    expect(after.events.map((event) => event.seq)).toEqual([1, 2, 3]);
    expect(after.lastSeq).toBe(3);
  });

  test('by nobody who spoke here changes nothing', () => {
    const before = held();
    expect(timeline.erased(before, { user: 'dan', up_to: 9 })).toBe(before);
  });

  test('while nobody listened is found by a page of today, and nothing else of it is taken', () => {
    const page: DurableEvent[] = [
      { type: 'erased', room: 'green', seq: 2 },
      { ...(message(3) as DurableEvent & { type: 'message' }), body: 'Other' },
    ];
    const before = held();
    const after = timeline.corrected(before, page);
    expect(kinds(after)).toEqual(['message', 'erased', 'message']);
    expect(after.events[2]).toBe(before.events[2]);
    expect(timeline.corrected(before, [message(2)])).toBe(before);
  });
});

describe('a window elsewhere in the log', () => {
  const page = (from: number, to: number): HistoryPage => ({
    type: 'history',
    room: 'green',
    events: messages(from, to),
    more: true,
    first_seq: 1,
  });
  const end = timeline.afterJoin(timeline.EMPTY, joined(messages(951, 1_000))).timeline;
  const far = timeline.windowOf(end, page(101, 200));

  test('takes the place of what is held, and the newest are known to be missing', () => {
    expect(far.events[0]?.seq).toBe(101);
    expect(timeline.hasNewer(far)).toBe(true);
    expect(timeline.hasOlder(far)).toBe(true);
    expect(timeline.resumePoint(far).since, 'what is heard goes on').toBe(1_000);
  });

  test('grows by pages at both ends, and what is said meanwhile leaves no hole', () => {
    const { timeline: heard, gap } = timeline.append(far, [message(1_001)]);
    expect(gap).toBe(false);
    expect(heard.events.at(-1)?.seq).toBe(200);
    const wider = timeline.prepend(timeline.extend(heard, page(201, 250)), page(51, 100));
    expect([wider.events.length, wider.events[0]?.seq, wider.events.at(-1)?.seq]).toEqual([
      200, 51, 250,
    ]);
    expect(wider.events.every((event, i) => event.seq === 51 + i)).toBe(true);
  });

  test('of which nothing is kept any more moves the beginning, and nothing else', () => {
    const gone = timeline.windowOf(end, { ...page(1, 0), first_seq: 900 });
    expect(gone.events).toBe(end.events);
    expect(gone.firstSeq).toBe(900);
  });

  test('is no growing at the front; a page before what is held is, and letting go of it', () => {
    expect(timeline.growsAtFront(end, far)).toBe(false);
    expect(timeline.growsAtFront(far, timeline.prepend(far, page(51, 100)))).toBe(true);
    expect(timeline.growsAtFront(far, timeline.extend(far, page(201, 250)))).toBe(false);
    const many = timeline.afterJoin(timeline.EMPTY, joined(messages(1, 100))).timeline;
    expect(timeline.growsAtFront(many, timeline.trimmed(many, 50))).toBe(true);
  });
});
