/** Live events, gathered for one frame of the screen: a burst costs as many drawings as can be seen. */
import type { DurableEvent } from '../wire';

export class Arrivals {
  #take: (room: string, events: readonly DurableEvent[]) => void;
  #waiting: DurableEvent[] = [];
  #frame = 0;

  constructor(take: (room: string, events: readonly DurableEvent[]) => void) {
    this.#take = take;
  }

  add(event: DurableEvent): void {
    this.#waiting.push(event);
    // Where nobody looks there are no frames.
    if (document.visibilityState === 'hidden') this.flush();
    else this.#frame ||= requestAnimationFrame(() => this.flush());
  }

  /** Hands over what waits, in its order: before anything else that comes behind it. */
  flush(): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    const events = this.#waiting;
    this.#waiting = [];
    for (let from = 0; from < events.length;) {
      const { room } = events[from]!;
      let to = from;
      while (events[to]?.room === room) to++;
      this.#take(room, events.slice(from, to));
      from = to;
    }
  }
}
