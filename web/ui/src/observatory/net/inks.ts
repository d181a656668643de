/** Colours of the theme, for what is drawn on a canvas and so knows no stylesheet. */

export type Ink = 'text' | 'muted' | 'line' | 'accent' | 'danger' | 'warn' | 'surface';

/** As they are at this place of the page at this moment. */
export function inksAt(place: Element): Record<Ink, string> {
  const probe = place.ownerDocument.createElement('span');
  place.append(probe);
  const ink = (name: Ink): string => {
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color;
  };
  const inks = {
    text: ink('text'),
    muted: ink('muted'),
    line: ink('line'),
    accent: ink('accent'),
    danger: ink('danger'),
    warn: ink('warn'),
    surface: ink('surface'),
  };
  probe.remove();
  return inks;
}

const QUESTIONS = [
  '(prefers-color-scheme: dark)',
  '(prefers-contrast: more)',
  '(forced-colors: active)',
];

/** Calls back when they may have become others; gives what ends that. */
export function onInksChanged(callback: () => void): () => void {
  const theme = new MutationObserver(callback);
  theme.observe(document.documentElement, { attributeFilter: ['data-theme'] });
  const device = QUESTIONS.map((question) => matchMedia(question));
  device.forEach((query) => query.addEventListener('change', callback));
  return () => {
    theme.disconnect();
    device.forEach((query) => query.removeEventListener('change', callback));
  };
}
