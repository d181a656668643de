/** Histograms of times, in buckets that double. */
import type { Histogram } from '../wire';

export interface Bar {
  /** In microseconds; `to` is `null` in the last one, which is open. */
  from: number;
  to: number | null;
  count: number;
}

/** The server's last bucket is open. */
const LAST = 25;

/** From the first to the last that is not empty. */
export function barsOf({ buckets }: Histogram): Bar[] {
  const bars = buckets.map((count, i) => ({
    from: i === 0 ? 0 : 2 ** (i - 1),
    to: i === LAST ? null : 2 ** i,
    count,
  }));
  const first = bars.findIndex(({ count }) => count > 0);
  const last = bars.findLastIndex(({ count }) => count > 0);
  return first === -1 ? [] : bars.slice(first, last + 1);
}

export function tallest(bars: readonly Bar[]): Bar | undefined {
  return bars.reduce<Bar | undefined>(
    (most, bar) => (most === undefined || bar.count > most.count ? bar : most),
    undefined,
  );
}
