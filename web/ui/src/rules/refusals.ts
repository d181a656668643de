/** What a refused call means to the person who asked. */
import type { Problem } from '../net/http';
import { sentence } from '../texts';
import { entry } from '../texts/entry';

export interface Faults {
  /** Beside the fields. */
  fields: Record<string, string>;
  /** What is no field's fault. */
  general: string | null;
}

export const NO_FAULTS: Faults = { fields: {}, general: null };

/** Of a form that has these fields; what is wrong with any other is said for all. */
export function faultsOf(problem: Problem, fields: readonly string[]): Faults {
  const shown: Record<string, string> = {};
  const others: string[] = [];
  for (const [field, message] of Object.entries(problem.errors)) {
    if (fields.includes(field)) shown[field] = sentence(message);
    else others.push(sentence(message));
  }
  const told = Object.keys(problem.errors).length > 0;
  return { fields: shown, general: told ? others.join(' ') || null : inWords(problem) };
}

export function inWords({ status, detail, errors, retryAfter }: Problem): string {
  if (status === 0) return entry.unreachable;
  if (status === 429) return entry.wait(retryAfter ?? 1);
  if (status === 503) return entry.busy(retryAfter ?? 1);
  const [first] = Object.values(errors);
  if (first !== undefined) return sentence(first);
  return status >= 500 || detail === '' ? entry.broken : sentence(detail);
}
