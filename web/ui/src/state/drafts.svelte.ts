/** Keeps what is written and not sent, so that neither a reload nor another room loses it. */
import { keepDraft, keptDrafts, releaseDrafts } from '../net/drafts';
import { isEmpty, type Draft } from '../rules/drafts';
import type { Room } from './room.svelte';

const PAUSE_MS = 300;

export class Drafts {
  /** The rooms in which something waits to be sent. */
  rooms = $state.raw<ReadonlySet<string>>(new Set());

  #user: string | null = null;
  #kept = new Map<string, Draft>();
  #loaded: Promise<void> = Promise.resolve();
  /** Rooms whose draft was looked for: until then an empty field says nothing. */
  #restored = new Set<string>();
  #due = new Map<string, ReturnType<typeof setTimeout>>();

  constructor() {
    // Who leaves within the pause has written all the same.
    addEventListener('pagehide', () => [...this.#due.keys()].forEach((room) => this.#save(room)));
  }

  resumeFor(user: string): void {
    if (this.#user === user) return;
    this.#user = user;
    this.#loaded = keptDrafts(user).then((found) => {
      if (this.#user !== user) return;
      // What was written meanwhile is newer.
      this.#kept = new Map([...found, ...this.#kept]);
      this.#count();
    });
  }

  /** Puts back what was left in a room, where nothing else was written since. */
  async restore(room: Room): Promise<void> {
    await this.#loaded;
    const draft = this.#kept.get(room.id);
    if (draft !== undefined && isEmpty({ text: room.draft, replyTo: room.replyTo })) {
      room.draft = draft.text;
      room.replyTo = draft.replyTo;
    }
    this.#restored.add(room.id);
    this.changed(room);
  }

  /** Something was written, or answered, or sent. */
  changed(room: Room): void {
    const { id, draft: text, replyTo } = room;
    if (!this.#restored.has(id)) return;
    const before = this.#kept.get(id);
    if ((before?.text ?? '') === text && (before?.replyTo ?? null) === replyTo) return;
    if (isEmpty({ text, replyTo })) this.#kept.delete(id);
    else this.#kept.set(id, { text, replyTo, at: Date.now() });
    this.#count();
    clearTimeout(this.#due.get(id));
    // What was sent must not come back with a reload in the same moment.
    if (!this.#kept.has(id)) return this.#save(id);
    this.#due.set(
      id,
      setTimeout(() => this.#save(id), PAUSE_MS),
    );
  }

  /** Nothing of this person stays behind. */
  clear(): void {
    this.#due.forEach((timer) => clearTimeout(timer));
    this.#due.clear();
    this.#kept.clear();
    this.#restored.clear();
    this.#count();
    if (this.#user !== null) void releaseDrafts(this.#user);
    this.#user = null;
  }

  #save(room: string): void {
    clearTimeout(this.#due.get(room));
    this.#due.delete(room);
    if (this.#user !== null) void keepDraft(this.#user, room, this.#kept.get(room) ?? null);
  }

  #count(): void {
    this.rooms = new Set(this.#kept.keys());
  }
}
