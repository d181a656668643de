/** Jumping by name. */
export const switcher = {
  title: 'Jump to a room or a person',
  placeholder: 'Jump to…',
  label: 'Room or person',
  results: 'Rooms and people',
  found: (n: number) => (n === 1 ? '1 result' : `${n} results`),
  nothing: (typed: string) => `Nothing is called “${typed}”. Try fewer letters.`,
  make: (label: string) => `Enter ${label}, a new room`,
  keys: '↑ ↓ to choose, Enter to open, Esc to close',
};
