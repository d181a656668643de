/** The page's side of its service worker (`worker/sw.ts`). */

interface Heard {
  /** A newer page has arrived and waits. */
  waiting(): void;
  /** A notification was clicked. */
  open(room: string, seq: number): void;
}

const SCRIPT = '/sw.js';

/** Only built pages have one, and only where the browser trusts the connection. */
export async function startWorker(heard: Heard): Promise<void> {
  if (!import.meta.env.PROD || !('serviceWorker' in navigator)) return;
  navigator.serviceWorker.addEventListener('message', ({ data }) => {
    if (typeof data?.open === 'string') heard.open(data.open, Number(data.seq));
  });
  try {
    const registration = await navigator.serviceWorker.register(trusted(SCRIPT));
    const look = (): void => {
      // The very first one replaces nothing: there is nobody to ask.
      if (registration.waiting && navigator.serviceWorker.controller) {
        heard.waiting();
      }
    };
    look();
    registration.addEventListener('updatefound', () =>
      registration.installing?.addEventListener('statechange', look),
    );
  } catch {
    // The page works without, but for starting offline.
  }
}

/** Looks whether the server has a newer page. */
export async function lookForNewer(): Promise<ServiceWorkerRegistration | undefined> {
  try {
    const registration = await navigator.serviceWorker?.getRegistration();
    await registration?.update();
    return registration;
  } catch {
    // The server can't be reached, or there is no worker.
    return undefined;
  }
}

/** Reloads as the newest page there is, and all other tabs with this one. */
export async function reloadNewest(): Promise<void> {
  const registration = await lookForNewer();
  const coming = registration?.waiting ?? registration?.installing;
  if (!coming) return location.reload();
  const reload = (): void => location.reload();
  navigator.serviceWorker.addEventListener('controllerchange', reload, { once: true });
  const ask = (): void => {
    if (coming.state === 'installed') coming.postMessage('take-over');
  };
  coming.addEventListener('statechange', ask);
  ask();
}

/** The policy by which only this one script may be registered. */
function trusted(script: string): string {
  const types = (window as { trustedTypes?: TrustedTypes }).trustedTypes;
  if (types === undefined) return script;
  return types
    .createPolicy('greenroom', { createScriptURL: (url) => (url === SCRIPT ? url : '') })
    .createScriptURL(script);
}

/** As much of the browser's interface as is used: TypeScript doesn't know it yet. */
interface TrustedTypes {
  createPolicy(
    name: string,
    rules: { createScriptURL(url: string): string },
  ): { createScriptURL(url: string): string };
}
