/** Has a command of the operator's start or stop replicas: once, or whenever another number is wanted. */
import { spawn } from 'node:child_process';
import type { ScaleAnswer } from '../../scaling/api/scale-view.ts';
import { reasonOf } from '../admin-api.ts';
import { CommandFailure } from '../read-words.ts';

type Advice = Omit<ScaleAnswer['pools'][number], 'pool'>;

export interface ScaleTarget extends Advice {
  /** Of the pool; `gateways` for these. */
  readonly name: string;
}

export interface ScalePorts {
  /** The current advice about what is to be scaled. */
  readonly read: () => Promise<readonly ScaleTarget[]>;
  /** Resolves with its exit code, or why it has none. */
  readonly run: (name: string, replicas: number) => Promise<number | string>;
  readonly print: (line: string) => void;
  readonly warn: (line: string) => void;
}

/** 'auto': as many as are wanted. */
export type WantedReplicas = number | 'auto';

export class ScaleRounds {
  readonly #ports: ScalePorts;
  readonly #replicas: WantedReplicas;
  /** What the command was last run for. */
  readonly #set = new Map<string, number>();

  constructor(replicas: WantedReplicas, ports: ScalePorts) {
    this.#replicas = replicas;
    this.#ports = ports;
  }

  /** Sets every target, whatever is there. True: the command succeeded for all of them. */
  async once(): Promise<boolean> {
    let isGood = true;
    for (const target of await this.#ports.read()) isGood = (await this.#change(target)) && isGood;
    return isGood;
  }

  /** Sets the targets that want another number than before; at first, than what is there. A failure is retried. */
  async round(): Promise<void> {
    let targets: readonly ScaleTarget[];
    try {
      targets = await this.#ports.read();
    } catch (error) {
      if (!(error instanceof CommandFailure)) throw error;
      this.#ports.warn(error.message);
      return;
    }
    for (const target of targets) {
      const before = this.#set.get(target.name) ?? target.present;
      if (this.#numberFor(target) !== before) await this.#change(target);
    }
  }

  #numberFor({ wanted }: ScaleTarget): number {
    return this.#replicas === 'auto' ? wanted : this.#replicas;
  }

  async #change(target: ScaleTarget): Promise<boolean> {
    const { name, present, reason } = target;
    const replicas = this.#numberFor(target);
    const why = this.#replicas === 'auto' ? ` (${reason})` : '';
    this.#ports.print(`${name}: from ${this.#set.get(name) ?? present} to ${replicas} replicas${why}`);
    const end = await this.#ports.run(name, replicas);
    if (end === 0) {
      this.#set.set(name, replicas);
      return true;
    }
    this.#ports.warn(`${name}: the command ${typeof end === 'number' ? `ended with ${end}` : `failed: ${end}`}`);
    return false;
  }
}

/** In a shell; it sees the target in `SLUICE_TARGET` and the number in `SLUICE_REPLICAS`. Its output is ours. */
export function runInShell(
  command: string,
  { cwd, env }: { readonly cwd: string; readonly env: Readonly<Record<string, string | undefined>> },
): ScalePorts['run'] {
  return (name, replicas) =>
    new Promise((resolve) => {
      const child = spawn(command, {
        shell: true,
        cwd,
        env: { ...env, SLUICE_TARGET: name, SLUICE_REPLICAS: String(replicas) },
        stdio: ['ignore', 'inherit', 'inherit'],
      });
      child.once('error', (error) => resolve(reasonOf(error)));
      child.once('exit', (code, signal) => resolve(code ?? `ended by ${signal}`));
    });
}
