/** Where the keyboard stands. */

/** Puts it where one would begin, unless somebody has put it elsewhere already. */
export function atFirst(element: HTMLElement | undefined): void {
  const free = document.activeElement === document.body || document.activeElement === null;
  if (free) element?.focus();
}

/** A row of a long list that was far away is there, but not seen, until it is measured. */
export function focusWhenDrawn(find: () => HTMLElement | null, frames = 20): void {
  const row = find();
  row?.focus();
  if (frames === 0 || (row !== null && document.activeElement === row)) return;
  requestAnimationFrame(() => focusWhenDrawn(find, frames - 1));
}
