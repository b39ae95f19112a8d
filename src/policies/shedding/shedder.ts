/** Decides which requests a traffic thread refuses because it, or the pool they go to, is overloaded. */
import type { Pool } from '../../balancing/pool.ts';
import type { Random } from '../../core/random.ts';
import { isShed, levelOfFill, SheddingLevel } from '../core/shedding-level.ts';

/** Time between two looks at the event loop. */
export const SAMPLE_MS = 100;

export interface ShedderPorts {
  readonly targetDelayMs: number;
  /** In which the delay must be above the target all the time. */
  readonly intervalMs: number;
  /** Where a pool begins to shed, 0..1. */
  readonly poolFill: number;
  readonly nowMs: () => number;
  /** Of the event loop since the last call, 0..1. */
  readonly utilization: () => number;
  readonly random: Random;
}

export class Shedder {
  readonly #ports: ShedderPorts;
  readonly #level: SheddingLevel;
  #sampledMs: number;

  constructor(ports: ShedderPorts) {
    this.#ports = ports;
    const samples = Math.max(1, Math.round(ports.intervalMs / SAMPLE_MS));
    this.#level = new SheddingLevel({ targetDelayMs: ports.targetDelayMs, samples });
    this.#sampledMs = ports.nowMs();
  }

  /** Of the thread, 0 to 9. */
  get level(): number {
    return this.#level.level;
  }

  /** To be called every SAMPLE_MS: what it is late is the delay of the event loop. */
  sample(): void {
    const nowMs = this.#ports.nowMs();
    this.#level.sample(Math.max(0, nowMs - this.#sampledMs - SAMPLE_MS), this.#ports.utilization());
    this.#sampledMs = nowMs;
  }

  /** @param pools it may go to: it is refused only if all of them are too full; none: it needs no backend */
  refuses(priority: number, pools: readonly Pool[], nowMs: number): boolean {
    const level = this.levelOf(pools, nowMs);
    return level > 0 && isShed(priority, level, this.#ports.random());
  }

  /** Of the thread and of these pools, 0 to 9: lower priorities are refused, and a part of those that equal its whole number. */
  levelOf(pools: readonly Pool[], nowMs: number): number {
    const { level } = this.#level;
    if (pools.length === 0) return level;
    const least = Math.min(...pools.map((pool) => pool.fill(nowMs)));
    return Math.max(level, levelOfFill(least, this.#ports.poolFill));
  }
}
