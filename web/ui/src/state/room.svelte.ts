/** One room as this page knows it: its log, who is in it, how far everyone has read. */
import { tick } from 'svelte';
import { changed, NOBODY, present } from '../rules/presence';
import { audienceOf, moved, type Cursors } from '../rules/ticks';
import { shelved } from '../rules/shelf';
import * as timeline from '../rules/timeline';
import type {
  DurableEvent,
  Forgotten,
  HistoryPage,
  Joined,
  Presence,
  Receipt,
  Role,
  RoomKind,
  RoomRow,
} from '../wire';

type Described = Pick<RoomRow, 'kind' | 'title' | 'topic' | 'role' | 'retention_s' | 'with'>;

export class Room {
  readonly id: string;
  kind = $state<RoomKind>('group');
  title = $state('');
  topic = $state('');
  /** Mine; none where I may do what everybody may. */
  role = $state<Role | null>(null);
  /** For how many seconds it keeps what is said; for ever where that is nothing. */
  retention = $state<number | null>(null);
  /** Replaced as a whole: watching each of thousands of events would cost more than it saves. */
  timeline = $state.raw(timeline.EMPTY);
  cursors = $state.raw<Cursors>(new Map());
  /** The ids of those for whom messages here are, where that is known. */
  members = $state.raw<readonly string[] | null>(null);
  audience = $derived(this.members && audienceOf(this.members, this.timeline.events));
  here = $state.raw(NOBODY);
  /** Why the room can't be shown. */
  trouble = $state<string | null>(null);
  older = $state<'idle' | 'loading' | 'failed'>('idle');
  newer = $state<'idle' | 'loading'>('idle');
  /** Around a message that was jumped to. */
  window = $state<'idle' | 'loading' | 'failed'>('idle');
  draft = $state('');
  /** The number of the message that the draft answers. */
  replyTo = $state<number | null>(null);
  /** The message to be brought into view, with the focus. */
  sought = $state<number | null>(null);
  /** Where the new messages begin; unknown until the room was joined for this visit. */
  newSince = $state<number | null | undefined>(undefined);
  /** Whether the mark before them was looked at for long enough. */
  newSeen = $state(false);

  /** Whether this socket hears the room. */
  link: 'apart' | 'joining' | 'joined' = 'apart';
  /** The cursors last told to the server, and those to tell. */
  told = { delivered: 0, read: 0 };
  toTell = { delivered: 0, read: 0 };

  constructor(id: string, row?: RoomRow) {
    this.id = id;
    this.title = id;
    if (row) this.describe(row);
  }

  describe(row: Described): void {
    this.kind = row.kind;
    this.topic = row.topic ?? '';
    this.role = row.role ?? null;
    this.retention = row.retention_s ?? null;
    this.title = (row.kind === 'direct' ? row.with?.name : row.title) || this.title;
  }

  /** The shown name: group rooms by their sign. */
  get label(): string {
    return this.kind === 'direct' ? this.title : `#${this.title}`;
  }

  get hasOlder(): boolean {
    return timeline.hasOlder(this.timeline);
  }

  /** Whether the newest were let go, as somebody reads far up. */
  get hasNewer(): boolean {
    return timeline.hasNewer(this.timeline);
  }

  joined(frame: Joined): readonly DurableEvent[] {
    const continued = this.timeline.epoch === frame.epoch;
    const result = timeline.afterJoin(this.timeline, frame);
    this.timeline = result.timeline;
    this.link = 'joined';
    this.trouble = null;
    this.older = 'idle';
    this.newer = 'idle';
    this.window = 'idle';
    this.here = present(frame.online, frame.online_count);
    this.cursors = frame.receipts.reduce(moved, continued ? this.cursors : new Map());
    this.#spoke(result.fresh);
    // The connection before this one may have died with a cursor on its way.
    this.told = { delivered: 0, read: frame.read_seq };
    if (!continued) this.toTell = { delivered: 0, read: 0 };
    this.describe(frame);
    if (this.newSince === undefined) {
      this.markNew(frame.last_seq > frame.read_seq ? frame.read_seq : null);
    }
    return result.fresh;
  }

  /** What it is called, and what I may do in it, can change while I look at it. */
  took(event: DurableEvent, me: string | undefined): void {
    if (event.type === 'room') {
      this.title = event.title || this.title;
      this.topic = event.topic ?? this.topic;
      this.retention = event.retention_s ?? null;
    } else if (event.type === 'member' && event.change === 'role' && event.user.id === me) {
      this.role = event.role ?? null;
    }
  }

  /** What of it is new; `gap` where the room has to be joined again. */
  append(events: readonly DurableEvent[]): { fresh: readonly DurableEvent[]; gap: boolean } {
    const result = timeline.append(this.timeline, events);
    this.timeline = result.timeline;
    this.#spoke(result.fresh);
    return result;
  }

  /** Whoever says something has read what stands before it: no receipt tells that again. */
  #spoke(events: readonly DurableEvent[]): void {
    for (const event of events) {
      if (event.type !== 'message') continue;
      const { user, seq } = event;
      this.cursors = moved(this.cursors, { user, delivered: seq, read: seq });
    }
  }

  /** A page of what was said before what is held; nothing where it could not be had. */
  tookOlder(page: HistoryPage | null): void {
    if (page === null) {
      this.older = this.link === 'joined' ? 'failed' : 'idle';
      return;
    }
    this.timeline = timeline.prepend(this.timeline, page);
    this.older = 'idle';
    // Apart, as a list keeps its place by the one end or by the other.
    void tick().then(() => (this.timeline = timeline.trimmedAtEnd(this.timeline)));
  }

  /** A page of what was said after what is held. */
  tookNewer(page: HistoryPage | null): void {
    this.newer = 'idle';
    if (page === null) return;
    this.timeline = timeline.extend(this.timeline, page);
    void tick().then(() => this.trim());
  }

  /** A page from elsewhere, in the place of what is held. */
  tookWindow(page: HistoryPage | null): void {
    if (page === null) {
      this.window = this.link === 'joined' ? 'failed' : 'idle';
      return;
    }
    this.timeline = timeline.windowOf(this.timeline, page);
    this.window = 'idle';
    this.older = 'idle';
  }

  /** What somebody had said is no more. */
  forgotten(frame: Forgotten): void {
    this.timeline = timeline.erased(this.timeline, frame);
  }

  /** Beside a page of today, what was held while nobody listened. */
  corrected(page: HistoryPage): void {
    this.timeline = timeline.corrected(this.timeline, page.events);
  }

  markNew(since: number | null | undefined): void {
    this.newSince = since;
    this.newSeen = false;
  }

  /** Nobody looks at it any more: what is kept is what will be shown first. */
  put(): void {
    this.timeline = shelved(this.timeline) ?? timeline.EMPTY;
  }

  /** Lets go of all that is held: the newest take its place. */
  startOver(): void {
    this.timeline = timeline.EMPTY;
    this.link = 'apart';
  }

  /** An open page must not grow for ever: what is far up is let go and loaded again when wanted. */
  trim(): void {
    this.timeline = timeline.trimmed(this.timeline);
  }

  receipt(receipt: Receipt): void {
    this.cursors = moved(this.cursors, receipt);
  }

  presence(presence: Presence): void {
    this.here = changed(this.here, presence);
  }

  disconnected(): void {
    this.link = 'apart';
    if (this.older === 'loading') this.older = 'idle';
    this.newer = 'idle';
    this.window = 'idle';
  }
}
