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
  ) {}

  static async start(): Promise<Server> {
    const server = new Server(await freePort(), await mkdtemp(join(tmpdir(), 'greenroom-')));
    await server.run();
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async run(): Promise<void> {
    const flags = ['--listen', `127.0.0.1:${this.port}`, '--data', this.data, '--no-limits'];
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
    const post = async (path: string, body: object, token?: string): Promise<{ token: string }> => {
      const headers: Record<string, string> = { 'content-type': 'application/json' };
      if (token !== undefined) headers.authorization = `Bearer ${token}`;
      const answer = await fetch(this.url + path, {
        method: 'POST',
        headers,
        body: JSON.stringify(body),
      });
      if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
      return (await answer.json()) as { token: string };
    };
    const { token } = await post('/api/session', { guest: 'Clerk' });
    for (let i = 1; i <= lines; i++) {
      await post(`/api/rooms/${room}/messages`, { id: randomUUID(), body: `Line ${i}.` }, token);
    }
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
