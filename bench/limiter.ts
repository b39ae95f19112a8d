/**
 * The limiter's promises: the cost of a decision with a million clients in the table, memory per client, and whether a
 * limit is exact under pressure from many connections over two threads.
 */
import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { allocateClientTable } from '../src/limits/client-table-memory.ts';
import { ClientTable } from '../src/limits/client-table.ts';
import { median } from './report.ts';

export interface LimiterResults {
  readonly clients: number;
  readonly bytesPerClient: number;
  /** One decision, for a different client each time, and always for the same one; hashing not included. */
  readonly nsManyClients: number;
  readonly nsOneClient: number;
}

const POLICY = { capacity: 100, ratePerSecond: 10 };
const TAKES = 1_000_000;

/** Fills a table with `clients` and takes tokens from it in random order. */
export function measureDecisions(clients: number): LimiterResults {
  const buffers = allocateClientTable(clients);
  const table = new ClientTable(buffers, 0);
  const hashes = new Int32Array(randomBytes(clients * 8).buffer);
  const takeAll = (at: (count: number) => number, nowMs: number): number => {
    const start = process.hrtime.bigint();
    for (let count = 0; count < TAKES; count += 1) {
      const client = at(count) * 2;
      table.take(hashes[client]!, hashes[client + 1]!, 1, POLICY, nowMs + count * 1e-3);
    }
    return Number(process.hrtime.bigint() - start) / TAKES;
  };
  const stride = 7_919;
  for (let client = 0; client < clients; client += 1) {
    table.take(hashes[client * 2]!, hashes[client * 2 + 1]!, 1, POLICY, 1);
  }
  const rounds = [1, 2, 3, 4, 5].map((round) => ({
    many: takeAll((count) => (count * stride) % clients, round * 100_000),
    one: takeAll(() => 0, round * 100_000),
  }));
  return {
    clients,
    bytesPerClient: (buffers.memory.byteLength + buffers.counters.byteLength) / clients,
    nsManyClients: median(rounds.map(({ many }) => many)),
    nsOneClient: median(rounds.map(({ one }) => one)),
  };
}

export interface ExactnessResults {
  readonly requests: number;
  readonly connections: number;
  readonly admitted: number;
  /** capacity + rate × the duration of the load. */
  readonly allowed: number;
  readonly seconds: number;
}

/** Sends `requests` over `connections` as fast as they are answered, and counts those not refused. */
export async function measureExactness(options: {
  readonly port: number;
  readonly requests: number;
  readonly connections: number;
  readonly capacity: number;
  readonly ratePerSecond: number;
}): Promise<ExactnessResults> {
  const { port, requests, connections, capacity, ratePerSecond } = options;
  const sockets = await Promise.all(Array.from({ length: connections }, () => connected(port)));
  let left = requests;
  let admitted = 0;
  const start = performance.now();
  await Promise.all(
    sockets.map(
      (socket) =>
        new Promise<void>((resolve, reject) => {
          let pending = '';
          const next = (): void => {
            if (left === 0) {
              socket.end();
              resolve();
              return;
            }
            left -= 1;
            socket.write('GET / HTTP/1.1\r\nHost: bench\r\n\r\n');
          };
          socket.on('error', reject);
          socket.on('data', (chunk: Buffer) => {
            pending += chunk.toString('latin1');
            const end = pending.indexOf('\r\n\r\n');
            if (end === -1) return;
            const length = Number(/\r\ncontent-length: *(\d+)/i.exec(pending)?.[1] ?? NaN);
            if (!(pending.length >= end + 4 + length)) return;
            if (pending.startsWith('HTTP/1.1 200')) admitted += 1;
            else if (!pending.startsWith('HTTP/1.1 429')) reject(new Error(pending.slice(0, 100)));
            pending = '';
            next();
          });
          next();
        }),
    ),
  );
  const seconds = (performance.now() - start) / 1000;
  return { requests, connections, admitted, allowed: capacity + ratePerSecond * seconds, seconds };
}

function connected(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    socket.once('connect', () => resolve(socket));
    socket.once('error', reject);
  });
}

export function describeLimiter(decisions: LimiterResults, exactness: ExactnessResults | undefined): string {
  const lines = [
    `Limiter, ${decisions.clients.toLocaleString('en')} clients in the table: ` +
      `${decisions.nsManyClients.toFixed(0)} ns a decision, each for another client ` +
      `(${decisions.nsOneClient.toFixed(0)} ns always for the same one), ` +
      `${decisions.bytesPerClient.toFixed(1)} bytes of shared memory a client.`,
  ];
  if (exactness !== undefined) {
    const { requests, connections, admitted, allowed, seconds } = exactness;
    lines.push(
      `${requests.toLocaleString('en')} requests over ${connections} connections and 2 threads in ` +
        `${seconds.toFixed(2)} s against 1,000 tokens + 100/s: ${admitted} admitted, ${allowed.toFixed(1)} allowed ` +
        `(${(((admitted - allowed) / allowed) * 100).toFixed(3)} %).`,
    );
  }
  return lines.join('\n');
}
