import type { Connect, Plugin } from 'vite';

/** While developing, what is below `/observatory` is its page, as it is with the real server. */
export function observatoryPlaces(): Plugin {
  const toPage: Connect.NextHandleFunction = (request, _response, next) => {
    if (/^\/observatory(\/[^.]*)?(\?|$)/.test(request.url ?? '')) request.url = '/observatory.html';
    next();
  };
  return {
    name: 'greenroom-observatory-places',
    configureServer: ({ middlewares }) => void middlewares.use(toPage),
    configurePreviewServer: ({ middlewares }) => void middlewares.use(toPage),
  };
}
