/// <reference lib="webworker" />
/**
 * Starts the page without a server: its files come from a cache that holds one version of them.
 * The next version waits until somebody asks for it. What is said never passes through here.
 */
export {};

declare const self: ServiceWorkerGlobalScope;
/** Filled in by the build: the page's own files, and a name for just this set of them. */
declare const __SHELL__: { version: string; files: string[] };

const CACHE = `greenroom-${__SHELL__.version}`;
const PAGE = '/';
/** Paths that the server answers itself; the observatory has nothing to show without it. */
const SERVERS = /^\/(api|ws|metrics|observatory)(\/|$)/;

self.addEventListener('install', (event) => {
  const fetched = __SHELL__.files.map((file) => new Request(file, { cache: 'no-cache' }));
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(fetched)));
});

self.addEventListener('activate', (event) => {
  event.waitUntil(
    (async () => {
      for (const name of await caches.keys()) if (name !== CACHE) await caches.delete(name);
      await self.clients.claim();
    })(),
  );
});

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== 'GET' || origin !== self.location.origin || SERVERS.test(pathname)) return;
  const wanted = request.mode === 'navigate' ? PAGE : request;
  event.respondWith(
    caches.match(wanted, { cacheName: CACHE }).then((held) => held ?? fetch(request)),
  );
});

self.addEventListener('message', ({ data }) => {
  if (data === 'take-over') void self.skipWaiting();
});

/** Phones show notifications only by way of a worker. */
self.addEventListener('notificationclick', (event) => {
  event.notification.close();
  event.waitUntil(
    (async () => {
      const [tab] = await self.clients.matchAll({ type: 'window' });
      const { room, seq } = event.notification.data as { room: string; seq: number };
      if (tab === undefined) return void (await self.clients.openWindow(`/r/${room}`));
      tab.postMessage({ open: room, seq });
      await tab.focus();
    })(),
  );
});
