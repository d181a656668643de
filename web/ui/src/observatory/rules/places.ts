/** The places of the observatory, each with an address of its own. */

export type Place =
  | { view: 'actors'; actor: string | null }
  | { view: 'stories'; story: string | null }
  | { view: 'log' }
  | { view: 'lab' }
  | { view: 'tour' };

export type View = Place['view'];

const ROOT = '/observatory';

export function placeAt(path: string): Place {
  const [view, ...rest] = path.slice(ROOT.length).split('/').filter(Boolean);
  const named = rest.length > 0 ? decoded(rest.join('/')) : null;
  switch (view) {
    case 'actor':
      return { view: 'actors', actor: named };
    case 'stories':
      return { view: 'stories', story: named };
    case 'log':
    case 'lab':
    case 'tour':
      return { view };
    default:
      return { view: 'actors', actor: null };
  }
}

export function pathTo(place: Place): string {
  switch (place.view) {
    case 'actors':
      return place.actor === null ? ROOT : `${ROOT}/actor/${encoded(place.actor)}`;
    case 'stories':
      return place.story === null ? `${ROOT}/stories` : `${ROOT}/stories/${encoded(place.story)}`;
    default:
      return `${ROOT}/${place.view}`;
  }
}

/** A colon is allowed in a path, and reads better. */
const encoded = (name: string): string => encodeURIComponent(name).replaceAll('%3A', ':');

function decoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}
