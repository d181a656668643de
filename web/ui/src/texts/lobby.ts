/** The lists of rooms and people. */
import type { Availability } from '../wire';

const status: Record<Availability, string> = {
  online: 'Online',
  away: 'Away',
  dnd: 'Do not disturb',
  offline: 'Offline',
};

export const lobby = {
  unread: 'Unread',
  rooms: 'Rooms',
  direct: 'Private chats',
  people: 'People',
  open: 'Public rooms',

  makeRoom: 'Make a room',
  startChat: 'Start a private chat',
  browse: 'Browse public rooms',
  jump: 'Jump to…',
  jumpKeys: 'Ctrl+K',
  findPeople: 'Find people',

  noRooms: 'You are in no room yet.',
  noRoomsDo: 'Make one, browse the public ones, or type a name above.',
  noDirect: 'Talk to one person, and nobody else reads along.',
  noPeople: 'Nobody else has an account here yet.',
  private: 'Private room',
  muted: 'Muted',
  draft: 'Draft:',
  chatWith: (name: string) => `Chat with ${name}`,
  goThere: 'Open',

  status,
  lastSeen: (when: string) => `Last seen ${when}`,
  profile: (name: string) => `Your profile, ${name}`,
  keepName: 'Keep your name: register',
};
