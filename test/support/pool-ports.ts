/** The dependencies of a Pool, of one thread, for tests; missing ones are created. */
import { BackendRow } from '../../src/backends/backend-row.ts';
import type { BackendTable } from '../../src/backends/backend-table.ts';
import { type Admission, Circuits } from '../../src/breaker/circuits.ts';
import { seededRandom } from '../../src/core/random.ts';
import type { SnapshotPool } from '../../src/config/snapshot.ts';
import { type Choice, Pool, type PoolBackend, type PoolPorts } from '../../src/balancing/pool.ts';
import { allocatePlacements, PlacementRow, PlacementTable } from '../../src/balancing/placement-table.ts';
import { allocateQueueTable, QueueTable } from '../../src/balancing/queue-table.ts';
import { WaitQueues } from '../../src/balancing/wait-queues.ts';

export interface TestedPoolPorts extends PoolPorts {
  readonly circuits: Circuits;
}

/** A pool whose picks use the circuits of its thread, unless given others. */
export class TestedPool extends Pool {
  readonly #circuits: Circuits;

  constructor(pool: SnapshotPool, ports: TestedPoolPorts) {
    super(pool, ports);
    this.#circuits = ports.circuits;
  }

  override pick(
    keyHash: number,
    nowMs: number,
    tried: readonly PoolBackend[],
    bound: PoolBackend | null = null,
    usesConnection = true,
    admission: Admission = this.#circuits,
  ): Choice | null {
    return super.pick(keyHash, nowMs, tried, bound, usesConnection, admission);
  }
}

export function poolPorts(
  table: BackendTable,
  more: Partial<TestedPoolPorts> & { readonly thread?: number } = {},
): TestedPoolPorts {
  const { thread = 0, ...rest } = more;
  const row = new BackendRow(table, thread);
  return {
    table,
    row,
    circuits: new Circuits(table, row, () => 0.5),
    random: seededRandom(1),
    turns: new Int32Array(new SharedArrayBuffer(64)),
    stickySecret: 'made at start, in a real gateway',
    place: { region: null, zone: null },
    placements: new PlacementRow(new PlacementTable(allocatePlacements(table.threads)), thread),
    queues: new WaitQueues({
      table: new QueueTable(allocateQueueTable(table.threads)),
      thread,
      nowMs: () => 0,
      onWaiting: () => {},
    }),
    ...rest,
  };
}
