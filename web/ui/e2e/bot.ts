import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { WebSocket } from 'ws';

/** What stands in a room's log, as it was told to somebody. */
export interface Told {
  seq: number;
  body: string;
}

interface Frame {
  type: string;
  id?: string;
  seq?: number;
  body?: string;
  events?: Frame[];
}

/** No more under way than a socket may have. */
const MOST_UNDER_WAY = 30;

/** A program that talks in one room, and keeps a record of all that it was told. */
export class Bot {
  /** By id: what was said, in the order in which it was. */
  readonly said = new Map<string, string>();
  /** By id: its place in the room. */
  readonly acked = new Map<string, number>();
  readonly heard: Told[] = [];
  readonly complaints: string[] = [];
  #socket: WebSocket;
  #room: string;
  #timer: ReturnType<typeof setInterval> | undefined;

  private constructor(socket: WebSocket, room: string) {
    this.#socket = socket;
    this.#room = room;
    socket.on('message', (data) => this.#received(JSON.parse(String(data)) as Frame));
    socket.on('close', (code) => this.complaints.push(`closed with ${code}`));
  }

  static async comes(url: string, name: string, room: string): Promise<Bot> {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/ws`);
    const bot = new Bot(socket, room);
    await once(socket, 'open');
    bot.#tell({ type: 'hello', guest: name });
    bot.#tell({ type: 'join', room, limit: 1 });
    return bot;
  }

  /** Says so many things a second, from now on. */
  talks(perSecond: number): void {
    const begun = performance.now();
    const before = this.said.size;
    this.#timer = setInterval(() => {
      const due = before + ((performance.now() - begun) * perSecond) / 1_000;
      while (this.said.size < due && this.said.size - this.acked.size < MOST_UNDER_WAY) {
        const id = randomUUID();
        const body = `Line ${this.said.size + 1}.`;
        this.said.set(id, body);
        this.#tell({ type: 'send', room: this.#room, id, body });
      }
    }, 5);
  }

  fallsSilent(): void {
    clearInterval(this.#timer);
  }

  leaves(): void {
    this.fallsSilent();
    this.#socket.removeAllListeners('close');
    this.#socket.close();
  }

  #tell(frame: object): void {
    this.#socket.send(JSON.stringify(frame));
  }

  #received(frame: Frame): void {
    if (frame.type === 'ack') this.acked.set(frame.id!, frame.seq!);
    if (frame.type === 'error') this.complaints.push(JSON.stringify(frame));
    this.heard.push(...messagesIn(frame));
  }
}

/** The messages that a frame of the server tells, one by one or many together. */
export function messagesIn(frame: Frame): Told[] {
  if (frame.type === 'message') return [{ seq: frame.seq!, body: frame.body! }];
  return (frame.events ?? []).flatMap(messagesIn);
}
