/** How reachable one says one is: as chosen, and away while nobody looks at the page. */
import * as kept from '../net/status';
import type { Availability as Status, ClientFrame } from '../wire';

export type Shown = Exclude<Status, 'offline'>;

/** A glance at another tab changes nothing. */
const GLANCE_MS = 5_000;

export class Availability {
  chosen = $state<Shown>(kept.status());
  #hidden = false;
  #told: Shown = 'online';
  #send: (frame: ClientFrame) => boolean;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(send: (frame: ClientFrame) => boolean) {
    this.#send = send;
  }

  choose(status: Shown): void {
    this.chosen = status;
    kept.keepStatus(status);
    this.#tell();
  }

  looked(visible: boolean): void {
    clearTimeout(this.#timer);
    if (visible) this.#become(false);
    else this.#timer = setTimeout(() => this.#become(true), GLANCE_MS);
  }

  /** A new connection begins as online. */
  connected(): void {
    this.#told = 'online';
    this.#tell();
  }

  #become(hidden: boolean): void {
    this.#hidden = hidden;
    this.#tell();
  }

  #tell(): void {
    const status = this.#hidden && this.chosen === 'online' ? 'away' : this.chosen;
    if (status !== this.#told && this.#send({ type: 'status', status })) this.#told = status;
  }
}
