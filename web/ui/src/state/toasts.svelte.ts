/** Short news over the page, which go by themselves. */
const SHOWN_MS = 8_000;

export interface Toast {
  id: number;
  sentence: string;
  /** The room it is about, where one can go there. */
  room?: string;
}

export class Toasts {
  shown = $state.raw<readonly Toast[]>([]);
  #last = 0;

  tell(sentence: string, room?: string): void {
    const id = ++this.#last;
    this.shown = [...this.shown, { id, sentence, room }];
    setTimeout(() => this.drop(id), SHOWN_MS);
  }

  drop(id: number): void {
    this.shown = this.shown.filter((toast) => toast.id !== id);
  }
}
