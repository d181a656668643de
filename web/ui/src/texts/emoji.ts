/** The picker of emoji. */
import { plural } from './plural';

const groups: Record<string, string> = {
  recent: 'Used lately',
  smileys: 'Smileys',
  people: 'People',
  nature: 'Animals and nature',
  food: 'Food and drink',
  travel: 'Travel and places',
  activities: 'Activities',
  objects: 'Objects',
  symbols: 'Symbols',
  flags: 'Flags',
};

export const emoji = {
  open: 'Emoji',
  title: 'Choose an emoji',
  search: 'Search emoji',
  kinds: 'Kinds of emoji',
  groups,
  loading: 'Fetching emoji…',
  found: (n: number) => plural(n, 'emoji', 'emoji'),
  none: (query: string) => `No emoji for “${query}”. Try another word.`,
};
