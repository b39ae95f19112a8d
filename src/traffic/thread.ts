/**
 * A traffic thread: attaches to the shared memory, builds its app, listens, and then does what the control thread
 * says. It holds nothing that others need: when it dies, only its own connections go with it.
 */
import { randomBytes } from 'node:crypto';
import { parentPort, workerData } from 'node:worker_threads';
import type { FastifyListenOptions } from 'fastify';
import { createLogger } from '../logging.ts';
import { BackendRow } from '../state/backend-row.ts';
import { Circuits } from '../state/circuits.ts';
import { ClientDirectory } from '../state/client-directory.ts';
import { compileSnapshot, type SnapshotHolder } from '../state/live-snapshot.ts';
import type { PoolPorts } from '../state/pool.ts';
import { RateLimiter } from '../state/rate-limiter.ts';
import { attachSharedMemory } from '../state/shared-memory.ts';
import type { FromThread, ThreadStart, ToThread } from './messages.ts';
import { buildTrafficApp } from './traffic-app.ts';
import { Upstreams } from './upstreams.ts';

const start = workerData as ThreadStart;
const control = parentPort!;
const log = createLogger(start.log, { name: 'traffic', thread: start.index });
const tables = attachSharedMemory(start.memory, start.index);
const row = new BackendRow(tables.backends, start.index);
const circuits = new Circuits(tables.backends, row, Math.random);
const poolPorts: PoolPorts = { table: tables.backends, circuits, random: Math.random, turns: tables.turns };
const live: SnapshotHolder = { current: compileSnapshot(start.snapshot, poolPorts) };
const directory = new ClientDirectory();
directory.apply(start.directory);
const upstreams = new Upstreams();
let isStopping = false;

const app = await buildTrafficApp({
  thread: start.index,
  log,
  server: start.server,
  tables,
  live,
  row,
  circuits,
  limiter: new RateLimiter(tables.clients, start.memory.hashKey),
  directory,
  upstreams,
  random: Math.random,
  idPrefix: randomBytes(6).toString('base64url'),
  isStopping: () => isStopping,
  onPassiveErrors: (backendId) => tell({ type: 'passive_errors', backendId }),
});

control.on('message', (message: ToThread) => {
  switch (message.type) {
    case 'snapshot':
      live.current = compileSnapshot(message.snapshot, poolPorts);
      upstreams.retain(new Set(message.snapshot.pools.flatMap((pool) => pool.backends.map((backend) => backend.id))));
      tell({ type: 'ack', id: message.id });
      break;
    case 'clients':
      directory.apply(message.changes);
      tell({ type: 'ack', id: message.id });
      break;
    case 'stop':
      void stop(message.drainTimeoutMs);
      break;
  }
});

try {
  const { host, port } = start.server;
  // Fastify hands the options to net.Server.listen as they are; its types do not know reusePort yet.
  await app.listen({ host, port, backlog: 1024, reusePort: start.reusePort } as FastifyListenOptions);
  const address = app.server.address();
  tell({
    type: 'listening',
    port: typeof address === 'object' && address !== null ? address.port : port,
    snapshot: live.current.version,
  });
} catch (error) {
  const { code, message } = error as NodeJS.ErrnoException;
  tell({ type: 'failed', code: code ?? 'ERR', message });
}

/** No new connections; what runs may finish, with `Connection: close`; then everything is cut. */
async function stop(drainTimeoutMs: number): Promise<void> {
  if (isStopping) return;
  isStopping = true;
  const cut = setTimeout(() => app.server.closeAllConnections(), drainTimeoutMs);
  await app.close();
  clearTimeout(cut);
  await upstreams.destroy();
  tell({ type: 'stopped' });
  control.close();
}

function tell(message: FromThread): void {
  control.postMessage(message);
}
