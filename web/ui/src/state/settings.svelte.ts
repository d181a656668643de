/** What a person chose for this device, in all of its tabs. */
import { choicesFrom, type Choices, type Level, type Theme } from '../rules/settings';

/** `public/theme-boot.js` reads the theme under this key before the first paint. */
const KEY = 'greenroom.settings';

export class Settings {
  choices = $state.raw<Choices>(choicesFrom(kept()));

  constructor() {
    addEventListener('storage', (event) => {
      if (event.key === KEY || event.key === null) this.#take(choicesFrom(event.newValue));
    });
  }

  choose(change: Partial<Choices>): void {
    this.#take({ ...this.choices, ...change });
    try {
      localStorage.setItem(KEY, JSON.stringify(this.choices));
    } catch {
      // A browser that keeps nothing asks again after a reload.
    }
  }

  /** `null` is back to the usual. */
  chooseLevel(room: string, level: Level | null): void {
    const levels = { ...this.choices.levels };
    if (level === null) delete levels[room];
    else levels[room] = level;
    this.choose({ levels });
  }

  #take(choices: Choices): void {
    this.choices = choices;
    show(choices.theme);
  }
}

function show(theme: Theme): void {
  const wantsMore = theme === 'auto' && matchMedia('(prefers-contrast: more)').matches;
  const shown = wantsMore ? 'contrast' : theme;
  if (shown === 'auto') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = shown;
}

function kept(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}
