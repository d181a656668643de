import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';

const BINARY =
  process.env.GREENROOM_BIN ??
  fileURLToPath(new URL('../../../target/debug/greenroom', import.meta.url));

/** The real server, on one port and one data directory over all its lives. */
export class Server {
  #child: ChildProcess | null = null;

  private constructor(
    readonly port: number,
    readonly data: string,
    readonly extra: readonly string[],
  ) {}

  /** `extra`: flags beyond those that each test needs. */
  static async start(...extra: string[]): Promise<Server> {
    const data = await mkdtemp(join(tmpdir(), 'greenroom-'));
    const server = new Server(await freePort(), data, extra);
    await server.run();
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async run(): Promise<void> {
    const listen = ['--listen', `127.0.0.1:${this.port}`];
    const flags = [...listen, '--data', this.data, '--no-limits', ...this.extra];
    const child = spawn(BINARY, flags, {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#child = child;
    await new Promise<void>((resolve, reject) => {
      let said = '';
      child.stdout.on('data', (bytes: Buffer) => {
        said += bytes;
        if (said.includes('listening on http://')) resolve();
      });
      child.once('error', reject);
      child.once('exit', (code) => reject(new Error(`the server ended with ${code}: ${said}`)));
    });
  }

  /** Somebody of no account says many lines in a room: "Line 1.", "Line 2." … */
  async fills(room: string, lines: number): Promise<void> {
    const token = await this.#clerk();
    const say = (body: string): Promise<unknown> =>
      this.#asks(`/api/rooms/${room}/messages`, token, { id: randomUUID(), body });
    const all = Array.from({ length: lines }, (_, i) => `Line ${i + 1}.`);
    // A few thousand wait for the disk together, where their order does not matter.
    const together = lines > 1_000 ? 25 : 1;
    for (let i = 0; i < lines; i += together) {
      await Promise.all(all.slice(i, i + together).map(say));
    }
  }

  /** Somebody of no account answers a message. */
  async answers(room: string, reply_to: number, body: string): Promise<void> {
    const said = { id: randomUUID(), body, reply_to };
    await this.#asks(`/api/rooms/${room}/messages`, await this.#clerk(), said);
  }

  /** The newest that was said in a room, as the server has it. */
  async saidIn(room: string): Promise<string[]> {
    const page = await this.#asks(`/api/rooms/${room}/messages?limit=200`, await this.#clerk());
    const { events } = page as { events: { type: string; body: string }[] };
    return events.filter((event) => event.type === 'message').map((event) => event.body);
  }

  /** As somebody does it in the laboratory. */
  async strikes(blow: 'crash' | 'hang', actor: string): Promise<void> {
    const headers = { 'content-type': 'application/json' };
    const sent = { method: 'POST', headers, body: JSON.stringify({ actor }) };
    const answer = await fetch(`${this.url}/api/lab/${blow}`, sent);
    if (!answer.ok) throw new Error(`${blow}: ${answer.status} ${await answer.text()}`);
  }

  /** A private room with these people, by id, and with whoever made it. */
  async makesPrivate(room: string, members: string[]): Promise<void> {
    const owner = await this.#clerk();
    await this.#asks('/api/rooms', owner, { room, kind: 'private', title: room, members });
  }

  async #clerk(): Promise<string> {
    const session = await this.#asks('/api/session', null, { guest: 'Clerk' });
    return (session as { token: string }).token;
  }

  async #asks(path: string, token: string | null, body?: object): Promise<unknown> {
    const headers: Record<string, string> = { 'content-type': 'application/json' };
    if (token !== null) headers.authorization = `Bearer ${token}`;
    const sent = body && { method: 'POST', body: JSON.stringify(body) };
    const answer = await fetch(this.url + path, { ...sent, headers });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  }

  /** As an operator does it at the data directory: erases all that somebody has said, makes them an admin … */
  async administers(act: 'erase' | 'promote', user: string): Promise<void> {
    const child = spawn(BINARY, ['admin', act, user, '--data', this.data], {
      stdio: 'inherit',
    });
    const [code] = (await once(child, 'exit')) as [number | null];
    if (code !== 0) throw new Error(`${act} ended with ${code}`);
  }

  /** As an operator stops it; resolves with its exit code. */
  async terminate(): Promise<number | null> {
    const child = this.#child;
    if (child === null || child.exitCode !== null) return null;
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    const [code] = (await exited) as [number | null];
    return code;
  }

  /** As a power cut ends it. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (child === null || child.exitCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  }

  /** As if it had never known anyone. */
  async forgetEverything(): Promise<void> {
    await this.terminate();
    await rm(this.data, { recursive: true, force: true });
    await this.run();
  }

  async remove(): Promise<void> {
    await this.terminate();
    await rm(this.data, { recursive: true, force: true });
  }
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  if (address === null || typeof address === 'string') throw new Error('no free port');
  return address.port;
}
