/** Where the keyboard stands. */

/** Puts it where one would begin, unless somebody has put it elsewhere already. */
export function atFirst(element: HTMLElement | undefined): void {
  const free = document.activeElement === document.body || document.activeElement === null;
  if (free) element?.focus();
}
