import type { Plugin } from 'vite';

/** While developing, what is below `/observatory` is its page, as it is with the real server. */
export function observatoryPlaces(): Plugin {
  return {
    name: 'greenroom-observatory-places',
    configureServer(server) {
      server.middlewares.use((request, _response, next) => {
        if (/^\/observatory(\/[^.]*)?(\?|$)/.test(request.url ?? '')) {
          request.url = '/observatory.html';
        }
        next();
      });
    },
  };
}
