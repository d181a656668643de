const IDLE_MS = 60_000;

/** Whether someone looks at this page: it is visible and has the focus. */
export class Attention {
  here = $state(false);
  #lastSign = Date.now();

  constructor() {
    const look = () => (this.here = document.visibilityState === 'visible' && document.hasFocus());
    look();
    document.addEventListener('visibilitychange', look);
    addEventListener('focus', look);
    addEventListener('blur', look);
    const sign = () => (this.#lastSign = Date.now());
    for (const kind of ['pointermove', 'pointerdown', 'keydown', 'wheel', 'focus']) {
      addEventListener(kind, sign, { passive: true });
    }
  }

  /** Whether they also did something a short while ago: a page left open is looked at by nobody. */
  get active(): boolean {
    return this.here && Date.now() - this.#lastSign < IDLE_MS;
  }
}
