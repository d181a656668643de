/** Making rooms, what they are, and who may do what in them. */
import type { Role, RoomKind } from '../wire';
import { plural } from './plural';

const roles: Record<Role, string> = { owner: 'Owner', moderator: 'Moderator', member: 'Member' };
const kinds: Record<RoomKind, string> = {
  group: 'Public room: everybody can find it and enter.',
  private: 'Private room: only its members know of it.',
  direct: 'Between the two of you. Nobody else reads along.',
};
const may: Record<Role, string> = {
  owner: 'You are an owner: you change the room, its members and their roles, and may delete it.',
  moderator: 'You are a moderator: you change title and topic, add people and remove members.',
  member: 'You may read and write.',
};

const hello: Record<RoomKind, string> = {
  group: 'Say hello to whoever comes by.',
  private: 'Say hello to the others.',
  direct: 'Say hello.',
};

export const rooms = {
  make: 'Make a room',
  kind: 'Who may enter',
  public: 'Everybody',
  publicHint: 'Everybody can find this room and enter.',
  private: 'Only members',
  privateHint: 'Only those whom you invite know of this room.',
  title: 'Title',
  address: 'Address',
  addressHint: (path: string) => `The link will be ${path}`,
  topic: 'Topic',
  topicHint: 'What it is about; everybody in the room sees it.',
  submit: 'Make the room',
  submitting: 'Making the room…',

  person: 'Find people by name',
  personHint: 'Type the beginning of a name.',
  found: 'People found',
  chosen: 'Chosen',
  unchoose: (name: string) => `Do not invite ${name}`,
  nobody: (typed: string) => `Nobody’s name begins with “${typed}”.`,

  startChat: 'Start a private chat',
  browse: 'Public rooms',
  filter: 'Find a room',
  noneOpen: 'There is no public room yet. Make the first one.',
  noneFound: (typed: string) => `No public room is called “${typed}”. Try fewer letters.`,
  people: (n: number) => (n === 0 ? 'Nobody here now' : `${plural(n, 'person', 'people')} here`),
  yours: 'on your list',

  details: 'Room details',
  kinds,
  hello,
  beginningDirect: (name: string) => `This is the beginning of your chat with ${name}.`,
  may,
  roles,
  copyLink: 'Copy the link',
  copied: 'The link is copied.',
  edit: 'Edit this room',
  editTitle: 'Edit this room',
  kept: 'Messages are kept',
  keptForEver: 'For ever',
  keptFor: (time: string) => `For ${time}`,
  keptHint: 'Older ones are gone for everybody, and can’t be brought back.',
  keptHere: (time: string) => `Messages are kept for ${time}.`,
  save: 'Save',
  saving: 'Saving…',
  members: (n: number) => plural(n, 'member', 'members'),
  more: (n: number) => `and ${n} more`,
  moreMembers: 'Show more',
  add: 'Add people',
  addSubmit: 'Add',
  roleOf: (name: string) => `Role of ${name}`,
  remove: (name: string) => `Remove ${name}`,
  removeAsk: (name: string, room: string) =>
    `Remove ${name} from ${room}? They see nothing of it from then on.`,
  removeDo: 'Remove',
  leave: 'Leave the room',
  leaveAsk: (room: string) => `Leave ${room}? Only a member can bring you back.`,
  takeOff: 'Take off my list',
  leaveDo: 'Leave',
  delete: 'Delete the room',
  deleteAsk: (room: string) =>
    `Delete ${room} with all that was said in it, for everybody? This can’t be undone.`,
  deleteDo: 'Delete',
  cancel: 'Cancel',

  added: (room: string) => `You were added to ${room}.`,
  gone: (room: string) => `You are no longer in ${room}.`,

  date: {
    label: 'Go to a day',
    go: 'Go',
    failed: 'The day could not be looked up. Try again.',
  },
};
