/** Tells of what is new to whoever looks elsewhere: notifications, sound, and the page's own sign. */
import { chime } from '../net/chime';
import * as notifications from '../net/notifications';
import { countedUnread, isWorthTelling, wording, type News } from '../rules/notify';
import { title } from '../rules/rooms';
import { settings as texts } from '../texts/settings';
import type { Message, Unread, User } from '../wire';
import type { Attention } from './attention.svelte';
import type { Lobby } from './lobby.svelte';
import type { Settings } from './settings.svelte';

interface Surroundings {
  lobby: Lobby;
  settings: Settings;
  attention: Attention;
  me(): User | null;
  /** The room on the screen. */
  current(): string | null;
  /** Opens a room at a message. */
  open(room: string, seq: number): void;
}

/** For so long another tab, or another device, may say that it was read there. */
const PATIENCE_MS = 700;

export class Notifier {
  permission = $state<notifications.Permission>(notifications.permission());
  #around: Surroundings;

  constructor(around: Surroundings) {
    this.#around = around;
  }

  /** All unread messages of rooms that are not muted. */
  get unread(): number {
    const { lobby, settings } = this.#around;
    return countedUnread(lobby.rows, settings.choices.levels);
  }

  /** Whether notifications are wanted and allowed. */
  get on(): boolean {
    return this.#around.settings.choices.notifications && this.permission === 'granted';
  }

  async turnOn(): Promise<void> {
    this.permission = await notifications.askPermission();
    if (this.permission === 'granted') this.#around.settings.choose({ notifications: true });
  }

  /** A message in a room that is heard. */
  heard({ room, seq, user, body }: Message): void {
    this.#consider({ room, seq, user, body, kind: this.#kindOf(room) });
  }

  /** A count of a room that is not heard, with its newest message. `before`: the last one known. */
  counted({ room, last, read_seq }: Unread, before: number): void {
    if (last && last.seq > Math.max(before, read_seq)) {
      this.#consider({ ...last, room, kind: this.#kindOf(room) });
    }
    if (last && read_seq >= last.seq) notifications.withdraw(room);
  }

  /** Whoever looks at a room needs to be told of it no more. */
  looked(room: string): void {
    notifications.withdraw(room);
  }

  test(): void {
    notifications.notify({ room: '', seq: 0, ...texts.notifications.sample }, () => {});
    this.testSound();
  }

  testSound(): void {
    const { sound, volume } = this.#around.settings.choices;
    if (sound) chime(volume);
  }

  #kindOf(room: string): News['kind'] {
    return this.#around.lobby.row(room)?.kind ?? 'group';
  }

  #consider(news: News): void {
    if (!this.#isWorth(news)) return;
    setTimeout(() => {
      const row = this.#around.lobby.row(news.room);
      if (row && row.read_seq < news.seq && this.#isWorth(news)) this.#tell(news);
    }, PATIENCE_MS);
  }

  #isWorth(news: News): boolean {
    const { settings, attention } = this.#around;
    const me = this.#around.me();
    const watched = news.room === this.#around.current() && attention.active;
    const { choices } = settings;
    return me !== null && isWorthTelling(news, { me, choices, now: Date.now(), watched });
  }

  #tell(news: News): void {
    const { choices } = this.#around.settings;
    const row = this.#around.lobby.row(news.room);
    const place = row ? `#${title(row)}` : '';
    const words = wording(news, place, choices.previews, texts.notifications.withoutText);
    const { room, seq } = news;
    if (this.on) {
      notifications.notify({ room, seq, ...words }, () => this.#around.open(room, seq));
    }
    if (choices.sound) chime(choices.volume);
  }
}
