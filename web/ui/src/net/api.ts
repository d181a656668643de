/** What this page asks over HTTP. */
import type { DurableEvent, Member, Person, Role, RoomRow, RoomView, User } from '../wire';
import { call, type Outcome } from './http';

export interface SignedIn {
  user: User;
  token: string;
}

export interface Registration {
  email: string;
  name: string;
  password: string;
  password_confirm: string;
}

/** What one can change about oneself; the last two need the password until now. */
export interface ProfileChange {
  name?: string;
  display_name?: string;
  status_text?: string;
  hue?: number;
  email?: string;
  password?: string;
  current_password?: string;
}

export interface NewRoom {
  room?: string;
  kind: 'group' | 'private';
  title: string;
  topic?: string;
  members?: string[];
}

/** What of a room is to be otherwise; without a retention it keeps what is said for ever. */
export interface RoomChange {
  title?: string;
  topic?: string;
  retention_s?: number | null;
}

const part = encodeURIComponent;

/** Without a guest's token it makes somebody new; with it that guest becomes the account. */
export const register = (guest: string | null, form: Registration): Promise<Outcome<SignedIn>> =>
  call('POST', '/api/users', guest, form);

export const signIn = (email: string, password: string): Promise<Outcome<SignedIn>> =>
  call('POST', '/api/session', null, { email, password });

/** Makes the token worthless; that this page forgets it does not hang on the answer. */
export const endSession = (token: string): Promise<Outcome<void>> =>
  call('DELETE', '/api/session', token);

export const myself = (token: string): Promise<Outcome<Person>> =>
  call('GET', '/api/users/me', token);

export const changeMyself = (token: string, change: ProfileChange): Promise<Outcome<Person>> =>
  call('PATCH', '/api/users/me', token, change);

export const listPeople = (token: string, query = ''): Promise<Outcome<{ users: Person[] }>> =>
  call('GET', `/api/users?query=${part(query)}`, token);

/** The caller's rooms and the public ones. */
export const listRooms = (token: string): Promise<Outcome<{ rooms: RoomRow[] }>> =>
  call('GET', '/api/rooms', token);

export const makeRoom = (token: string, room: NewRoom): Promise<Outcome<RoomView>> =>
  call('POST', '/api/rooms', token, room);

export const openDirect = (token: string, user: string): Promise<Outcome<RoomView>> =>
  call('POST', '/api/direct', token, { user });

export const lookAtRoom = (token: string, room: string): Promise<Outcome<RoomView>> =>
  call('GET', `/api/rooms/${part(room)}`, token);

/** What stands under one number of a room's log, where it is there. */
export const readEvent = (
  token: string,
  room: string,
  seq: number,
): Promise<Outcome<{ events: DurableEvent[] }>> =>
  call('GET', `/api/rooms/${part(room)}/messages?before=${seq + 1}&limit=1`, token);

export const changeRoom = (
  token: string,
  room: string,
  change: RoomChange,
): Promise<Outcome<RoomView>> => call('PATCH', `/api/rooms/${part(room)}`, token, change);

export const deleteRoom = (token: string, room: string): Promise<Outcome<void>> =>
  call('DELETE', `/api/rooms/${part(room)}`, token);

export const moreMembers = (
  token: string,
  room: string,
  after: string,
): Promise<Outcome<{ members: Member[]; more: boolean }>> =>
  call('GET', `/api/rooms/${part(room)}/members?after=${part(after)}`, token);

export const putMember = (
  token: string,
  room: string,
  user: string,
  role?: Role,
): Promise<Outcome<RoomView>> =>
  call('PUT', `/api/rooms/${part(room)}/members/${part(user)}`, token, role ? { role } : {});

export const removeMember = (token: string, room: string, user: string): Promise<Outcome<void>> =>
  call('DELETE', `/api/rooms/${part(room)}/members/${part(user)}`, token);
