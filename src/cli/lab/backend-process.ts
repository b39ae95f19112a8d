/** A sample backend in a process of its own, so that it can be killed, and comes back on its port. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Behaviour } from '../sample-backends/behaviour.ts';
import { end, kill } from './ended-by-pid.ts';

export class BackendProcess {
  readonly port: number;
  readonly url: string;
  readonly #replica: number;
  #child: ChildProcess;

  /** @param replica its number, for its name */
  static async start(replica = 1): Promise<BackendProcess> {
    const { child, url } = await launch(replica, 0);
    return new BackendProcess(child, url, replica);
  }

  private constructor(child: ChildProcess, url: string, replica: number) {
    this.#replica = replica;
    this.#child = child;
    this.url = url;
    this.port = Number(new URL(url).port);
  }

  /** Changes the given settings; resolves when they apply. */
  async set(behaviour: Partial<Behaviour>): Promise<void> {
    const done = once(this.#child, 'message');
    this.#child.send({ behaviour });
    await done;
  }

  /** SIGKILL: connections are not closed properly. */
  kill(): Promise<void> {
    return kill(this.#child);
  }

  /** After kill: on the same port, behaving normally. */
  async restart(): Promise<void> {
    this.#child = (await launch(this.#replica, this.port)).child;
  }

  async stop(): Promise<void> {
    await end(this.#child, 2000);
  }
}

async function launch(replica: number, port: number): Promise<{ child: ChildProcess; url: string }> {
  const program = fileURLToPath(new URL('../sample-backends/run-sample-backends.ts', import.meta.url));
  const child = fork(program, ['--count', '1', '--first', String(replica), '--port', String(port)], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const url = await new Promise<string>((resolve, reject) => {
    child.once('message', (message) => resolve((message as { urls: string[] }).urls[0]!));
    child.once('exit', (code) => reject(new Error(`a sample backend ended with code ${code}`)));
  });
  return { child, url };
}
