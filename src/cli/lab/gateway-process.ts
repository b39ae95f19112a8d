/** The gateway as a user starts it, `node src/main.ts --config FILE`, observed from outside. */
import { type ChildProcess, fork } from 'node:child_process';
import { readdirSync, readlinkSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { end, hasEnded, kill } from './ended-by-pid.ts';
import type { FromInside, GatewayMemory, ToInside } from './inside-gateway.ts';

const ANSWER_TIMEOUT_MS = 10_000;
const START_TIMEOUT_MS = 60_000;
const KEPT_LINES = 50;

export interface OpenFiles {
  readonly all: number;
  readonly sockets: number;
}

export class GatewayProcess {
  readonly pid: number;
  readonly #child: ChildProcess;
  readonly #lines: string[] = [];
  readonly #waiting = new Map<number, (answer: FromInside) => void>();
  #trafficUrl = '';
  #adminUrl = '';
  #nextId = 0;
  #linesLogged = 0;

  /**
   * Resolves when it takes traffic; rejects with its last lines if it cannot.
   *
   * @param execArgv of Node
   */
  static async start(configFile: string, execArgv: readonly string[] = []): Promise<GatewayProcess> {
    const gateway = new GatewayProcess(configFile, execArgv);
    await gateway.#started();
    return gateway;
  }

  private constructor(configFile: string, execArgv: readonly string[]) {
    const main = fileURLToPath(new URL('../../main.ts', import.meta.url));
    const inside = new URL('./inside-gateway.ts', import.meta.url).href;
    // Nothing in the caller's environment configures it.
    const { PATH, HOME, TMPDIR } = process.env;
    const env = { PATH, HOME, TMPDIR };
    this.#child = fork(main, ['--config', configFile], {
      execArgv: ['--import', inside, ...execArgv],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env: Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined)),
    });
    this.pid = this.#child.pid ?? 0;
    this.#child.on('message', (message: FromInside) => this.#waiting.get(message.id)?.(message));
  }

  /** Where the load goes. */
  get trafficUrl(): string {
    return this.#trafficUrl;
  }

  get adminUrl(): string {
    return this.#adminUrl;
  }

  get hasEnded(): boolean {
    return hasEnded(this.#child);
  }

  get linesLogged(): number {
    return this.#linesLogged;
  }

  /** @param count of linesLogged, then */
  logSince(count: number): readonly string[] {
    const since = this.#linesLogged - count;
    return since > 0 ? this.#lines.slice(-since) : [];
  }

  async memory(): Promise<GatewayMemory> {
    const answer = await this.#ask((id) => ({ type: 'memory', id }));
    return 'memory' in answer ? answer.memory : { rssBytes: NaN, heapBytes: NaN };
  }

  /** As a crash of the thread would: at once, whatever it does. False: there is none. */
  async endTrafficThread(): Promise<boolean> {
    const answer = await this.#ask((id) => ({ type: 'end-traffic-thread', id }));
    return 'isEnded' in answer && answer.isEnded;
  }

  /** The first traffic thread hangs for this long, as if stuck in a loop. */
  async holdThread(ms: number): Promise<void> {
    await this.#ask((id) => ({ type: 'hold-thread', id, ms }));
  }

  /** Null if there is no /proc. */
  openFiles(): OpenFiles | null {
    const folder = `/proc/${this.pid}/fd`;
    try {
      const links = readdirSync(folder).map((name) => linkOf(`${folder}/${name}`));
      return { all: links.length, sockets: links.filter((link) => link.startsWith('socket:')).length };
    } catch {
      return null;
    }
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** False: it did not end when asked to, and was killed. */
  stop(): Promise<boolean> {
    return end(this.#child, 15_000);
  }

  kill(): Promise<void> {
    return kill(this.#child);
  }

  #started(): Promise<void> {
    return new Promise((resolve, reject) => {
      const fail = (why: string): void => reject(new Error([`the gateway ${why}`, ...this.#lines].join('\n')));
      const timeout = setTimeout(() => {
        this.#child.kill('SIGKILL');
        fail('did not start in time');
      }, START_TIMEOUT_MS);
      const onLine = (line: string): void => {
        this.#linesLogged += 1;
        this.#lines.push(line);
        if (this.#lines.length > KEPT_LINES) this.#lines.shift();
        if (this.#trafficUrl !== '' || !line.includes('"sluice runs"')) return;
        const { gateway, admin } = JSON.parse(line) as { gateway: string; admin: string };
        this.#trafficUrl = gateway;
        this.#adminUrl = admin;
        clearTimeout(timeout);
        resolve();
      };
      for (const stream of [this.#child.stdout!, this.#child.stderr!]) createInterface(stream).on('line', onLine);
      this.#child.once('error', (error) => fail(`cannot be started: ${error.message}`));
      this.#child.once('exit', (code, signal) => {
        clearTimeout(timeout);
        fail(`ended with ${code ?? signal}`);
      });
    });
  }

  #ask(message: (id: number) => ToInside): Promise<FromInside> {
    this.#nextId += 1;
    const id = this.#nextId;
    return new Promise((resolve, reject) => {
      const timeout = setTimeout(() => {
        this.#waiting.delete(id);
        reject(new Error(`the gateway's control thread said nothing for ${ANSWER_TIMEOUT_MS} ms`));
      }, ANSWER_TIMEOUT_MS);
      this.#waiting.set(id, (answer) => {
        clearTimeout(timeout);
        this.#waiting.delete(id);
        resolve(answer);
      });
      this.#child.send(message(id));
    });
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
