/** The laboratory: what one does to actors on purpose. */
import type { Outcome } from '../../net/http';
import * as calls from '../net/calls';
import { STORM, type Choice } from '../rules/blows';
import { lab as texts } from '../texts/lab';
import type { DrillKind } from '../wire';
import type { Census } from './census.svelte';
import type { News } from './news.svelte';

/** A restart waits at most two seconds, and is told of at most a second later. */
const PATIENCE_MS = 6_000;
const LOOK_MS = 50;
/** A sync that is held up takes two seconds: so long after it was, somebody has said something. */
const IN_MIDDLE_MS = 700;

export class Lab {
  /** Whom the dialog is about. */
  target = $state<string | null>(null);
  /** What is chosen there at first. */
  choice = $state<Choice>('crash');
  drills = $state.raw<readonly DrillKind[] | null>(null);

  #news: News;
  #census: Census;

  constructor(news: News, census: Census) {
    this.#news = news;
    this.#census = census;
  }

  aim(actor: string, choice: Choice = 'crash'): void {
    this.target = actor;
    this.choice = choice;
  }

  async strike(blow: calls.Blow, actor: string, messages?: number): Promise<boolean> {
    const outcome = await calls.strike(blow, actor, messages);
    return this.#did(outcome, texts.done[blow](actor, messages), actor);
  }

  /** One after the other, each of them to whoever came after the one before. */
  async storm(actor: string): Promise<void> {
    this.#news.tell(texts.storms(actor, STORM), 'storm');
    for (let i = 0; i < STORM; i++) {
      const before = this.#livesOf(actor);
      const { problem } = await calls.strike('crash', actor);
      if (problem !== undefined) return this.#news.tell(texts.refused(problem.detail));
      if (!(await this.#until(() => this.#livesOf(actor) !== before))) return;
    }
  }

  /** While the journal is in the middle of a sync that takes long. */
  async midBatch(): Promise<void> {
    const { problem } = await calls.delaySync();
    if (problem !== undefined) return this.#news.tell(texts.refused(problem.detail));
    await new Promise((resolve) => setTimeout(resolve, IN_MIDDLE_MS));
    await this.strike('crash', 'store');
  }

  /** That it is refused in the end is what should happen. */
  async poison(actor: string): Promise<void> {
    this.#news.tell(texts.poisons(actor), 'poison');
    const { problem } = await calls.poison(actor.slice('room:'.length));
    this.#news.tell(
      problem === undefined ? texts.poisonBorne : texts.poisonRefused(problem.detail),
    );
  }

  async failNextSync(): Promise<boolean> {
    return this.#did(await calls.failNextSync(), texts.syncWillFail);
  }

  async loadDrills(): Promise<void> {
    this.drills ??= (await calls.drills()).done?.drills ?? null;
  }

  async runDrill(name: string, quick: boolean): Promise<boolean> {
    return this.#did(await calls.runDrill(name, quick), texts.drillBegins(name));
  }

  async stopDrill(): Promise<boolean> {
    return this.#did(await calls.stopDrill(), texts.drillStops);
  }

  #did({ problem }: Outcome<unknown>, sentence: string, about?: string): boolean {
    this.#news.tell(problem === undefined ? sentence : texts.refused(problem.detail), about);
    return problem === undefined;
  }

  /** Which of its lives it is in; another one also while it is set aside. */
  #livesOf(actor: string): string {
    const row = this.#census.row(actor);
    return `${row?.born_ms} ${row?.state === 'escalated'}`;
  }

  async #until(fact: () => boolean): Promise<boolean> {
    for (let waited = 0; waited < PATIENCE_MS; waited += LOOK_MS) {
      if (fact()) return true;
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
    return false;
  }
}
