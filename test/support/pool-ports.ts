/** What a Pool stands on, of one thread, for tests; what they do not name is made for them. */
import { BackendRow } from '../../src/backends/backend-row.ts';
import type { BackendTable } from '../../src/backends/backend-table.ts';
import { Circuits } from '../../src/breaker/circuits.ts';
import type { PoolPorts } from '../../src/balancing/pool.ts';
import { allocateQueueTable, QueueTable } from '../../src/balancing/queue-table.ts';
import { WaitQueues } from '../../src/balancing/wait-queues.ts';

export function poolPorts(
  table: BackendTable,
  more: Partial<PoolPorts> & { readonly thread?: number } = {},
): PoolPorts {
  const { thread = 0, ...rest } = more;
  const row = new BackendRow(table, thread);
  return {
    table,
    row,
    circuits: new Circuits(table, row, () => 0.5),
    random: Math.random,
    turns: new Int32Array(new SharedArrayBuffer(64)),
    stickySecret: 'made at start, in a real gateway',
    queues: new WaitQueues({
      table: new QueueTable(allocateQueueTable(table.threads)),
      thread,
      nowMs: () => 0,
      onWaiting: () => {},
    }),
    ...rest,
  };
}
