/** Tells screen readers of new messages: at most one sentence a second. */
import { texts } from '../texts';
import type { Message } from '../wire';

const PAUSE_MS = 1_000;

export class Announcer {
  sentence = $state('');
  #arrived: Message[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;

  arrived(message: Message): void {
    this.#arrived.push(message);
    this.#timer ??= setTimeout(() => this.#speak(), PAUSE_MS);
  }

  /** Something that was asked for is done. */
  say(sentence: string): void {
    this.sentence = sentence;
  }

  #speak(): void {
    const [only, ...others] = this.#arrived;
    this.#timer = undefined;
    this.#arrived = [];
    if (only === undefined) return;
    this.sentence =
      others.length === 0
        ? texts.conversation.arrived(only.user.name, only.body)
        : texts.announce(others.length + 1);
  }
}
