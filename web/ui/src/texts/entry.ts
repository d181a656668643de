/** Coming in: as a guest, with an account, with a new one. */
import { plural } from './plural';

export const entry = {
  ways: 'How to come in',
  guest: 'As a guest',
  signIn: 'Sign in',
  register: 'Register',

  lead: 'A quiet place to talk. Pick a name and step in.',
  leadRoom: (room: string) => `Pick a name to enter #${room}.`,
  leadPrivate: 'This conversation is open to its members only. Sign in to see it.',
  leadSignIn: 'Good to see you again.',
  leadRegister: 'Keep your name, your rooms and what you have read, on every device.',

  guestName: 'Your name',
  guestHint: 'No password. This browser remembers you.',
  enter: 'Enter',
  entering: 'Entering…',
  empty: 'Please type a name.',
  long: (most: number) => `A name has at most ${most} characters.`,

  email: 'E-mail',
  password: 'Password',
  name: 'Name',
  nameHint: 'Letters, digits, “_”, “-” and “.”; nobody else can take it.',
  newPassword: 'Password',
  passwordHint: 'At least 8 characters; a sentence is easy to remember.',
  confirm: 'Password, again',
  showPasswords: 'Show what I type',
  submitSignIn: 'Sign in',
  signingIn: 'Signing in…',
  submitRegister: 'Create account',
  registering: 'Creating your account…',
  thisTab: 'Only in this tab',
  thisTabHint: 'So that other tabs can be other people.',

  forgotten: 'The server no longer knows this guest. Pick a name to enter again.',
  ended: 'You are signed out. Sign in to go on.',
  taken: 'This name belongs to someone with an account. Pick another, or sign in.',
  unreachable: 'The server can’t be reached.',

  wait: (seconds: number) =>
    seconds < 90
      ? `Too many tries. Again in ${plural(seconds, 'second', 'seconds')}.`
      : `Too many tries. Again in ${plural(Math.ceil(seconds / 60), 'minute', 'minutes')}.`,
  busy: (seconds: number) =>
    `The server is busy. Again in ${plural(seconds, 'second', 'seconds')}.`,
  broken: 'Something went wrong on the server. Try again.',
};
