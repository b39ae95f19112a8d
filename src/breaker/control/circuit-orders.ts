/** Operators' orders for circuits: stored, so that they apply on every gateway, and again after a restart. */
import type { Logger } from 'pino';
import type { CircuitOrder, CircuitOrderStore } from '../../backends/circuit-order-store.ts';
import type { Snapshot } from '../../config/snapshot.ts';
import { KeyedQueue } from '../../core/keyed-queue.ts';
import { GatewayError } from '../../errors.ts';
import type { Circuits } from '../circuits.ts';

export interface CircuitOrdersPorts {
  readonly store: CircuitOrderStore;
  readonly circuits: Pick<Circuits, 'forceOpen' | 'reset'>;
  readonly snapshot: () => Snapshot;
  /** Monotonic. */
  readonly nowMs: () => number;
  readonly log: Logger;
}

interface KnownOrder {
  readonly version: number;
  /** Null: closed. */
  readonly untilMs: number | null;
}

/** What was applied here last, and to which slot: a backend that is configured again has another one. */
interface Applied {
  readonly version: number;
  readonly index: number;
}

export class CircuitOrders {
  readonly #ports: CircuitOrdersPorts;
  readonly #queue = new KeyedQueue();
  readonly #known = new Map<string, KnownOrder>();
  readonly #applied = new Map<string, Applied>();
  /** Given here while the database was away. */
  readonly #unstored = new Map<string, number | null>();
  #isLoaded = false;

  constructor(ports: CircuitOrdersPorts) {
    this.#ports = ports;
  }

  /**
   * Applies it here at once, then stores it for the others. Never rejects: while the database is away it applies here
   * only, and is stored when that is back, unless there is a later order by then.
   *
   * @param seconds open for so long; null: closed
   */
  async give(backends: readonly string[], seconds: number | null): Promise<void> {
    const untilMs = seconds === null ? null : this.#ports.nowMs() + seconds * 1000;
    for (const id of backends) this.#apply(id, untilMs);
    const before = new Map(backends.map((id) => [id, this.#applied.get(id)?.version]));
    await this.#queue.run('orders', async () => {
      // An older order of another gateway may have been applied meanwhile.
      for (const [id, version] of before) if (this.#applied.get(id)?.version !== version) this.#apply(id, untilMs);
      try {
        await this.#store(backends, seconds);
      } catch (error) {
        for (const id of backends) this.#unstored.set(id, untilMs);
        this.#ports.log.warn({ err: error, backends }, 'circuit order applies on this gateway only');
      }
    });
  }

  /** Applies what others ordered: at start, when one did, and when the database is back. Rejects if it is away. */
  refresh(): Promise<void> {
    return this.#queue.run('orders', async () => {
      let orders = await this.#ports.store.all();
      if (this.#unstored.size > 0) {
        await this.#storeLate(orders);
        orders = await this.#ports.store.all();
      }
      this.#know(orders);
      this.applyKnown();
      this.#isLoaded = true;
    });
  }

  /** After a change of the settings: backends that are configured again have the circuit that was ordered. */
  applyKnown(): void {
    for (const [id, { version, untilMs }] of this.#known) {
      const index = this.#indexOf(id);
      const applied = this.#applied.get(id);
      if (index === undefined || (applied?.version === version && applied.index === index)) continue;
      // Circuits of a process or slot that is new begin closed: one that has tripped since then stays open.
      const isNew = !this.#isLoaded || applied?.version === version;
      const isDue = untilMs === null ? !isNew : untilMs > this.#ports.nowMs();
      this.#applied.set(id, { version, index });
      if (!isDue) continue;
      this.#apply(id, untilMs);
      this.#ports.log.warn(
        { backend: id, circuit: untilMs === null ? 'closed' : 'open' },
        'stored circuit order applied',
      );
    }
  }

  #apply(id: string, untilMs: number | null): void {
    const { circuits, nowMs } = this.#ports;
    const index = this.#indexOf(id);
    if (index === undefined) return;
    if (untilMs === null) circuits.reset(index, nowMs());
    else circuits.forceOpen(index, untilMs);
  }

  async #store(backends: readonly string[], seconds: number | null): Promise<void> {
    const orders = await this.#ports.store.put(backends, seconds);
    this.#know(orders);
    for (const { backend, version } of orders) {
      this.#unstored.delete(backend);
      this.#applied.set(backend, { version, index: this.#indexOf(backend) ?? NO_SLOT });
    }
  }

  async #storeLate(orders: readonly CircuitOrder[]): Promise<void> {
    for (const [id, untilMs] of this.#unstored) {
      const stored = orders.find(({ backend }) => backend === id)?.version;
      const isLast = stored === this.#known.get(id)?.version;
      if (isLast) await this.#store([id], untilMs === null ? null : (untilMs - this.#ports.nowMs()) / 1000);
      this.#unstored.delete(id);
    }
  }

  #know(orders: readonly CircuitOrder[]): void {
    const nowMs = this.#ports.nowMs();
    for (const { backend, secondsLeft, version } of orders) {
      // Read again, the rest of the time is the same, but for the way here.
      if (this.#known.get(backend)?.version === version) continue;
      this.#known.set(backend, { version, untilMs: secondsLeft === null ? null : nowMs + secondsLeft * 1000 });
    }
  }

  #indexOf(id: string): number | undefined {
    for (const { backends } of this.#ports.snapshot().pools) {
      const found = backends.find((backend) => backend.id === id);
      if (found !== undefined) return found.index;
    }
    return undefined;
  }
}

const NO_SLOT = -1;

/** Refreshes, and says why not if it is for another reason than an outage, which has been logged. */
export async function tryRefresh(orders: CircuitOrders, log: Logger): Promise<void> {
  try {
    await orders.refresh();
  } catch (error) {
    const isAway = error instanceof GatewayError && error.code === 'GW_DATABASE_UNAVAILABLE';
    if (!isAway) log.error({ err: error }, 'stored circuit orders cannot be read');
  }
}
