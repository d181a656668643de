/** Warnings, as sentences. */
import { plural } from '../../texts/plural';
import { compact, span } from '../rules/figures';
import { BACKLOG_MS, type Warning } from '../rules/warnings';

const seconds = (ms: number): string => plural(Math.round(ms / 1_000), 'second', 'seconds');

export function sentenceOf(warning: Warning): string {
  switch (warning.kind) {
    case 'quarantined':
      return `${warning.actor} is set aside for ${seconds(warning.ms)} more: its budget of restarts is spent.`;
    case 'stuck':
      return `${warning.actor} has handled nothing for ${seconds(warning.ms)}, though ${plural(warning.mailbox, 'command waits', 'commands wait')}. The watchdog ends it after five looks.`;
    case 'backlogged':
      return `${warning.actor} has had a nearly full mailbox for ${seconds(BACKLOG_MS)} and more: ${compact(warning.mailbox)} of ${compact(warning.capacity)}.`;
    case 'slow':
      return `${warning.actor} took ${span(warning.us)} over one command; everybody behind it waits.`;
    case 'restarting':
      return `${warning.actor} was started again ${warning.done} times within ${warning.window_s} seconds, of ${warning.limit} that its budget allows.`;
    case 'dead-letters':
      return `${plural(warning.more, 'command was', 'commands were')} sent to somebody who was gone, in the last minute.`;
    case 'imbalance':
      return `${plural(warning.found, 'ledger does', 'ledgers do')} not balance: something vanished or came twice. This is a bug.`;
  }
}
