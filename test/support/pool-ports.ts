/** What a Pool stands on, of one thread, for tests; what they do not name is made for them. */
import { BackendRow } from '../../src/state/backend-row.ts';
import type { BackendTable } from '../../src/state/backend-table.ts';
import { Circuits } from '../../src/state/circuits.ts';
import type { PoolPorts } from '../../src/state/pool.ts';
import { allocateQueueTable, QueueTable } from '../../src/state/queue-table.ts';
import { WaitQueues } from '../../src/state/wait-queues.ts';

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
