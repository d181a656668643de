/** The page's side of its service worker (`worker/sw.ts`). */

interface Heard {
  /** A newer page has arrived and waits. */
  waiting(worker: ServiceWorker): void;
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
        heard.waiting(registration.waiting);
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

/** Lets the newer page take over this one, and all other tabs with it. */
export function takeOver(worker: ServiceWorker): void {
  navigator.serviceWorker.addEventListener('controllerchange', () => location.reload(), {
    once: true,
  });
  worker.postMessage('take-over');
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
