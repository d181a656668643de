// Before the first paint, or a dark page would flash white. The rest is in src/state/settings.svelte.ts.
try {
  const { theme } = JSON.parse(localStorage.getItem('greenroom.settings') || '{}');
  const more =
    theme !== 'light' && theme !== 'dark' && matchMedia('(prefers-contrast: more)').matches;
  const shown = more ? 'contrast' : theme;
  if (/^(light|dark|contrast)$/.test(shown)) document.documentElement.dataset.theme = shown;
} catch {
  // Nothing was chosen, or nothing is kept: as the device is.
}
