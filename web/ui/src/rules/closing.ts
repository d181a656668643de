/** What the code with which a socket was closed asks of this page. */

export type AfterClose =
  /** Come back after a random pause. */
  | 'retry'
  /** Come back without a pause; a second failure in a row waits like any other. */
  | 'at-once'
  /** Come back, but not soon: too much was sent. */
  | 'later'
  /** Ask the person who they are. */
  | 'sign-in'
  /** Page and server do not understand each other; only a newer page helps. */
  | 'outdated';

export function afterClose(code: number): AfterClose {
  switch (code) {
    case 1011:
    case 4410:
      return 'at-once';
    case 4401:
      return 'sign-in';
    case 4429:
      return 'later';
    case 1002:
    case 1003:
    case 1007:
    case 1009:
      return 'outdated';
    default:
      return 'retry';
  }
}
