/** All tunnels of a thread. */
import { type MetricsTable, THREAD_COUNTER } from '../../runtime/metrics-table.ts';
import type { Tunnel } from './tunnel.ts';

interface OpenTunnel {
  /** Slot of its backend, if the tunnel ends some time after a member has left its pool; null: it stays. */
  readonly slot: number | null;
  /** Null: the backend is there. */
  leftAtMs: number | null;
}

export class Tunnels {
  readonly #open = new Map<Tunnel, OpenTunnel>();
  readonly #metrics: MetricsTable;
  readonly #thread: number;
  readonly #leaveMs: number;

  /** @param leaveMs time for the tunnels of a member that has left its pool. */
  constructor(metrics: MetricsTable, thread: number, leaveMs: number) {
    this.#metrics = metrics;
    this.#thread = thread;
    this.#leaveMs = leaveMs;
  }

  get size(): number {
    return this.#open.size;
  }

  /** @param slot of the backend, if it is in a pool whose members come and go; else null. */
  add(tunnel: Tunnel, slot: number | null): void {
    this.#open.set(tunnel, { slot, leftAtMs: null });
    this.#metrics.setLevel(this.#thread, THREAD_COUNTER.tunnels, this.#open.size);
  }

  remove(tunnel: Tunnel): void {
    this.#open.delete(tunnel);
    this.#metrics.setLevel(this.#thread, THREAD_COUNTER.tunnels, this.#open.size);
  }

  /** The backends have changed. @param slots of all that are there now. */
  retain(slots: ReadonlySet<number>, nowMs: number): void {
    for (const open of this.#open.values()) {
      if (open.slot !== null) open.leftAtMs = slots.has(open.slot) ? null : (open.leftAtMs ?? nowMs);
    }
  }

  /** Also those of members that left long enough ago. */
  closeIdle(nowMs: number): void {
    for (const [tunnel, { leftAtMs }] of this.#open) {
      const isOver = leftAtMs !== null && nowMs - leftAtMs >= this.#leaveMs;
      if (isOver || tunnel.isIdle(nowMs)) tunnel.destroy();
    }
  }

  destroyAll(): void {
    for (const tunnel of this.#open.keys()) tunnel.destroy();
  }
}
