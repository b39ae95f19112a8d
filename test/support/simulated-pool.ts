/** A pool under simulated traffic, in simulated time: clients send their next request when the last is answered. */
import type { Algorithm, PoolSettings } from '../../src/config/settings.ts';
import { judge } from '../../src/balancing/core/judgement.ts';
import { type Random, seededRandom } from '../../src/core/random.ts';
import { allocateBackendTable, BackendTable } from '../../src/backends/backend-table.ts';
import { poolPorts, TestedPool } from './pool-ports.ts';
import { poolSettings, snapshotBackend } from './pool-settings.ts';

/** How a backend handles a request; status 0: the connection is reset. */
export type Behaviour = (random: Random) => { readonly status: number; readonly ms: number };

/** Answers that take about `ms`, a quarter more or less. */
export function answers(status: number, ms: number): Behaviour {
  return (random) => ({ status, ms: ms * (0.75 + random() / 2) });
}

/** One behaviour for `share` of the requests, another for the rest. */
export function mixed(share: number, one: Behaviour, other: Behaviour): Behaviour {
  return (random) => (random() < share ? one : other)(random);
}

export class SimulatedPool {
  readonly table: BackendTable;
  readonly pool: TestedPool;
  /** Time between an answer and the next request of its client: a network's. */
  readonly thinkMs = 0.2;
  nowMs = 1000;
  readonly #row;
  readonly #random: Random;
  #keys = 0;

  constructor(
    algorithm: Algorithm,
    backends: number,
    { seed = 1, ...more }: Partial<PoolSettings> & { seed?: number },
  ) {
    this.table = new BackendTable(allocateBackendTable(1));
    this.#random = seededRandom(seed);
    const snapshot = Array.from({ length: backends }, (_, index) => snapshotBackend(`b${index}`, index));
    for (const { index } of snapshot) this.table.occupy(index, 1, true);
    const ports = poolPorts(this.table, { random: this.#random });
    this.#row = ports.row;
    this.pool = new TestedPool(
      { settings: poolSettings([], { algorithm, ...more }), index: 0, backends: snapshot },
      ports,
    );
  }

  /** Sends `requests` from `clients` concurrent clients. @returns each backend's share of them. */
  send(requests: number, clients: number, behaviours: readonly Behaviour[]): number[] {
    const counts = behaviours.map(() => 0);
    const events: { atMs: number; run: () => void }[] = [];
    let left = requests;
    const ask = (): void => {
      if (left === 0) return;
      left -= 1;
      const pick = this.pool.pick((this.#keys += 1) * 0x9e3779b1, this.nowMs, [])!;
      const { backend } = pick;
      const { index } = backend;
      counts[index]! += 1;
      this.#row.started(index);
      const { status, ms } = behaviours[index]!(this.#random);
      events.push({
        atMs: this.nowMs + ms,
        run: () => {
          if (status !== 0) this.#row.answered(index, ms, this.nowMs, status);
          this.#row.ended(index);
          this.pool.release(pick);
          this.pool.judge(backend, judge(status, status === 0), ms, this.nowMs);
          events.push({ atMs: this.nowMs + this.thinkMs, run: ask });
        },
      });
    };
    for (let client = 0; client < clients; client += 1) ask();
    while (events.length > 0) {
      const next = events.reduce((first, each) => (each.atMs < first.atMs ? each : first));
      events.splice(events.indexOf(next), 1);
      this.nowMs = next.atMs;
      next.run();
    }
    return counts.map((count) => count / requests);
  }
}
