/** A Redis or Valkey server of this run, on a unix socket in a folder of its own. It saves nothing: killed, it comes back empty. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hasEnded, kill } from '../../src/cli/lab/ended-by-pid.ts';
import { until } from '../chaos/until.ts';

const PROGRAMS = ['redis-server', 'valkey-server'] as const;
const START_TIMEOUT_MS = 10_000;

export const REDIS_MISSING =
  'no redis-server here: install the package redis-server (Debian, Ubuntu), redis (Fedora, Homebrew) or valkey';

export class RedisProcess {
  readonly socket: string;
  readonly url: string;
  readonly #program: string;
  readonly #through: readonly string[];
  readonly #folder: string;
  #child: ChildProcess | undefined;

  /**
   * Undefined if neither Redis nor Valkey is installed.
   *
   * @param through a command that becomes it, such as taskset with its arguments
   */
  static async start(through: readonly string[] = []): Promise<RedisProcess | undefined> {
    const program = PROGRAMS.find((name) => spawnSync(name, ['--version']).error === undefined);
    if (program === undefined) return undefined;
    const redis = new RedisProcess(program, through);
    try {
      await redis.start();
    } catch (error) {
      await redis.close();
      throw error;
    }
    return redis;
  }

  private constructor(program: string, through: readonly string[]) {
    this.#program = program;
    this.#through = through;
    this.#folder = mkdtempSync(join(tmpdir(), 'sluice-redis-'));
    this.socket = join(this.#folder, 's');
    this.url = `unix://${this.socket}`;
  }

  /** `redis-server 7.0.15`. */
  get version(): string {
    const { stdout } = spawnSync(this.#program, ['--version'], { encoding: 'utf8' });
    return `${this.#program} ${/v=(\S+)/.exec(stdout)?.[1] ?? ''}`.trim();
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  /** After kill: on the same socket, empty. */
  async start(): Promise<void> {
    const settings = ['--port', '0', '--unixsocket', this.socket, '--dir', this.#folder, '--save', ''];
    const [command, ...words] = [...this.#through, this.#program, ...settings] as [string, ...string[]];
    const child = spawn(command, words, { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child = child;
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += String(chunk)));
    const isUp = async (): Promise<boolean> => hasEnded(child) || (await this.ask('PING')) === '+PONG';
    if (!(await until(isUp, START_TIMEOUT_MS)) || hasEnded(child))
      throw new Error(`${this.#program} did not start:\n${output}`);
  }

  /** It hangs: connections stay open, nothing is answered. */
  pause(): void {
    this.#child?.kill('SIGSTOP');
  }

  resume(): void {
    this.#child?.kill('SIGCONT');
  }

  async kill(): Promise<void> {
    if (this.#child !== undefined) await kill(this.#child);
  }

  async close(): Promise<void> {
    await this.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** The whole answer to a command without spaces in its words, as it is on the wire. */
  ask(command: string): Promise<string> {
    return new Promise((resolve, reject) => {
      let answer = '';
      const socket = connect(this.socket, () => socket.write(`${command}\r\nQUIT\r\n`));
      socket.setEncoding('utf8').on('data', (text: string) => (answer += text));
      socket.once('error', reject);
      socket.once('close', () => resolve(answer.replace(/\+OK\r\n$/, '').trimEnd()));
    });
  }
}
