/** All tunnels of a thread. */
import { type MetricsTable, THREAD_COUNTER } from '../../runtime/metrics-table.ts';
import type { Tunnel } from './tunnel.ts';

export class Tunnels {
  readonly #open = new Set<Tunnel>();
  readonly #metrics: MetricsTable;
  readonly #thread: number;

  constructor(metrics: MetricsTable, thread: number) {
    this.#metrics = metrics;
    this.#thread = thread;
  }

  get size(): number {
    return this.#open.size;
  }

  add(tunnel: Tunnel): void {
    this.#open.add(tunnel);
    this.#metrics.setLevel(this.#thread, THREAD_COUNTER.tunnels, this.#open.size);
  }

  remove(tunnel: Tunnel): void {
    this.#open.delete(tunnel);
    this.#metrics.setLevel(this.#thread, THREAD_COUNTER.tunnels, this.#open.size);
  }

  closeIdle(nowMs: number): void {
    for (const tunnel of this.#open) if (tunnel.isIdle(nowMs)) tunnel.destroy();
  }

  destroyAll(): void {
    for (const tunnel of this.#open) tunnel.destroy();
  }
}
