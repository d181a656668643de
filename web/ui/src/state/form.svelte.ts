/** What a form that asks the server knows: that it waits, and what was wrong with what was typed. */
import { tick } from 'svelte';
import type { Outcome } from '../net/http';
import { faultsOf, NO_FAULTS, type Faults } from '../rules/refusals';

export class Form {
  busy = $state(false);
  faults = $state.raw<Faults>(NO_FAULTS);
  element = $state<HTMLFormElement>();
  #fields: readonly string[];

  constructor(...fields: string[]) {
    this.#fields = fields;
  }

  fault(field: string): string | null {
    return this.faults.fields[field] ?? null;
  }

  /** Who corrects a field is no longer told what was wrong with it. */
  touched(field: string): void {
    const { [field]: gone, ...fields } = this.faults.fields;
    if (gone !== undefined || this.faults.general !== null) this.faults = { fields, general: null };
  }

  refuse(faults: Partial<Faults>): void {
    this.faults = { ...NO_FAULTS, ...faults };
    void this.#toFirstFault();
  }

  /** Asks the server, once at a time; its answer, or null where it refused. */
  async ask<T>(work: () => Promise<Outcome<T>>): Promise<{ done: T } | null> {
    if (this.busy) return null;
    this.busy = true;
    this.faults = NO_FAULTS;
    const { done, problem } = await work();
    this.busy = false;
    if (problem === undefined) return { done: done as T };
    this.refuse(faultsOf(problem, this.#fields));
    return null;
  }

  async #toFirstFault(): Promise<void> {
    await tick();
    this.element?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }
}
