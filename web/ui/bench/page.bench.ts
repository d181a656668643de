import { test, type Page } from '@playwright/test';
import { Guest } from '../e2e/guest';
import { Server } from '../e2e/server';

/** How often each thing is measured: the median is told. */
const RUNS = 5;
/** Messages that the page holds before the burst. */
const LOADED = 2_000;
/** Messages a second, and for how many seconds. */
const RATE = 100;
const SECONDS = 5;

function median(numbers: number[]): number {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? NaN;
}

/** Somebody without a page of theirs, who says so many things at this pace; at once, where there is none. */
async function chatters(page: Page, room: string, count: number, perSecond: number): Promise<void> {
  await page.evaluate(
    async ({ room, count, perSecond }) => {
      const socket = new WebSocket(location.origin.replace('http', 'ws') + '/ws');
      const say = (frame: object): void => socket.send(JSON.stringify(frame));
      await new Promise((resolve) => (socket.onopen = resolve));
      let acknowledged = 0;
      const done = new Promise<void>((resolve) => {
        socket.onmessage = ({ data }) => {
          const { type } = JSON.parse(String(data)) as { type: string };
          if (type === 'ack' && ++acknowledged === count) resolve();
        };
      });
      say({ type: 'hello', guest: `writer${String(Math.random()).slice(2, 8)}` });
      say({ type: 'join', room, limit: 1 });
      const begun = performance.now();
      for (let n = 0; n < count; n++) {
        while (perSecond > 0 && performance.now() - begun < (n * 1_000) / perSecond)
          await new Promise((resolve) => setTimeout(resolve, 2));
        // No more under way than a socket may have.
        while (n - acknowledged >= 30) await new Promise((resolve) => setTimeout(resolve, 1));
        const body = `Message ${String(n)} of *many*: see https://example.org/${String(n)} and \`code\`, ${'words '.repeat(n % 20)}`;
        say({ type: 'send', room, id: crypto.randomUUID(), body });
      }
      await done;
      socket.close();
    },
    { room, count, perSecond },
  );
}

/** From now on the page notes how long each of its frames takes, and each task above 50 ms. */
async function watches(page: Page): Promise<void> {
  await page.evaluate(() => {
    const seen = { frames: [] as number[], tasks: [] as number[], on: true };
    Object.assign(window, { seen });
    new PerformanceObserver((list) =>
      list.getEntries().forEach((task) => seen.tasks.push(task.duration)),
    ).observe({ type: 'longtask' });
    let last = performance.now();
    const frame = (now: number): void => {
      seen.frames.push(now - last);
      last = now;
      if (seen.on) requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  });
}

interface Seen {
  p50: number;
  p99: number;
  longest: number;
  task: number;
  rows: number;
}

async function watched(page: Page): Promise<Seen> {
  return page.evaluate(() => {
    const { seen } = window as unknown as {
      seen: { frames: number[]; tasks: number[]; on: boolean };
    };
    seen.on = false;
    const frames = seen.frames.slice(1).sort((a, b) => a - b);
    const at = (part: number): number => frames[Math.floor((frames.length - 1) * part)] ?? NaN;
    const rows = document.querySelectorAll('[role=log] article').length;
    return { p50: at(0.5), p99: at(0.99), longest: at(1), task: Math.max(0, ...seen.tasks), rows };
  });
}

/** Scrolls up until all that was said is held, and back to the end. */
async function loadsAll(page: Page): Promise<void> {
  await page.evaluate(async () => {
    const log = document.querySelector('[role=log]');
    if (log === null) throw new Error('no list');
    const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 100));
    for (let tries = 0; tries < 300 && !log.textContent.includes('Message 0 of'); tries++) {
      log.scrollTop = 0;
      await pause();
    }
    if (!log.textContent.includes('Message 0 of')) throw new Error('the beginning never comes');
    log.scrollTop = log.scrollHeight;
    await pause();
    log.scrollTop = log.scrollHeight;
  });
}

/** Milliseconds from the press to the first row of the other room. */
async function switches(page: Page, to: string): Promise<number> {
  return page.evaluate(async (to) => {
    const link = document.querySelector<HTMLElement>(`nav a[href="/r/${to}"]`);
    if (link === null) throw new Error(`no way to ${to}`);
    const there = (): boolean => {
      const log = document.querySelector('[role=log]');
      const label = log?.getAttribute('aria-label') ?? '';
      return label.includes(to) && log?.querySelector('article') != null;
    };
    const begun = performance.now();
    link.click();
    while (!there()) await new Promise(requestAnimationFrame);
    return performance.now() - begun;
  }, to);
}

test('a burst, and going from room to room', async ({ browser }) => {
  const server = await Server.start();
  const writer = await (await browser.newContext()).newPage();
  await writer.goto(server.url);
  for (const room of ['green', 'blue']) await chatters(writer, room, LOADED, 0);
  const reader = await Guest.opens(browser, `${server.url}/r/blue`, 'Reader');
  await reader.enters();
  await reader.page.goto(`${server.url}/r/green`);
  await reader.field.waitFor();
  await loadsAll(reader.page);

  const bursts: Seen[] = [];
  for (let run = 0; run < RUNS; run++) {
    await watches(reader.page);
    await chatters(writer, 'green', RATE * SECONDS, RATE);
    bursts.push(await watched(reader.page));
  }
  const of = (what: keyof Seen): string => median(bursts.map((burst) => burst[what])).toFixed(1);
  console.log(
    `burst of ${String(RATE)}/s for ${String(SECONDS)} s, medians of ${String(RUNS)}: frame p50 ${of('p50')} ms, ` +
      `p99 ${of('p99')} ms, longest ${of('longest')} ms; longest task ${of('task')} ms; ${of('rows')} rows in the page`,
  );

  const times: number[] = [];
  for (let run = 0; run < 2 * RUNS; run++)
    times.push(await switches(reader.page, run % 2 === 0 ? 'blue' : 'green'));
  console.log(
    `to another room: median ${median(times).toFixed(1)} ms to its first row, of ${String(times.length)}`,
  );
  await server.remove();
});
