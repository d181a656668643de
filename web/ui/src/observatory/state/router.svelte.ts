/** Where in the observatory one is, as the address says it. */
import { pathTo, placeAt, type Place } from '../rules/places';

export class Router {
  place = $state.raw<Place>(placeAt(location.pathname));

  constructor() {
    addEventListener('popstate', () => (this.place = placeAt(location.pathname)));
  }

  /** Who is looked at from near. */
  get actor(): string | null {
    return this.place.view === 'actors' ? this.place.actor : null;
  }

  go(place: Place): void {
    const path = pathTo(place);
    if (path !== location.pathname) history.pushState(null, '', path);
    this.place = place;
  }

  /** A click on a link within the observatory needs no new page. */
  clicked(event: MouseEvent): void {
    if (event.defaultPrevented || event.button !== 0) return;
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    const link = event.target instanceof Element ? event.target.closest('a') : null;
    const path = link?.getAttribute('href') ?? '';
    const within = path === '/observatory' || path.startsWith('/observatory/');
    if (!within || link?.hasAttribute('download')) return;
    event.preventDefault();
    this.go(placeAt(path));
  }
}
