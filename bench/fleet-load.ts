/** Requests of one client at a fixed rate, spread over several gateways in given shares: how many are admitted. */
import { connect, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';

export interface FleetLoadOptions {
  readonly ports: readonly number[];
  /** For each port, how many of the requests; any unit. */
  readonly shares: readonly number[];
  readonly path: string;
  /** An address, which the gateways believe. */
  readonly client: string;
  readonly ratePerSecond: number;
  readonly seconds: number;
  /** All requests of each second come in its first half, at twice the rate. */
  readonly isBursty?: boolean;
}

/** Times: ms of `performance.now()`. */
export interface FleetAnswer {
  readonly sentMs: number;
  readonly tookMs: number;
  readonly isAdmitted: boolean;
}

export interface FleetLoad {
  readonly sent: number;
  readonly admitted: number;
  /** In the order in which they came. */
  readonly answers: readonly FleetAnswer[];
}

/** Of each gateway, most; requests for which none is free are not sent. */
const MAX_CONNECTIONS = 32;
/** Of a connection. So slow that a late answer holds nothing up, and so fast that none is closed because it is idle. */
const RATE_PER_CONNECTION = 20;
const TICK_MS = 2;

interface Connection {
  readonly socket: Socket;
  pending: string;
  sentMs: number;
}

/** Rejects if an answer is neither 200 nor 429. */
export async function loadFleet(options: FleetLoadOptions): Promise<FleetLoad> {
  const { ports, shares, path, client, ratePerSecond, seconds, isBursty = false } = options;
  const message = `GET ${path} HTTP/1.1\r\nHost: bench\r\nX-Forwarded-For: ${client}\r\n\r\n`;
  const connections = Math.min(MAX_CONNECTIONS, Math.ceil(ratePerSecond / RATE_PER_CONNECTION));
  const free: Connection[][] = ports.map(() => []);
  const all: Connection[] = [];
  const answers: FleetAnswer[] = [];
  let failure: Error | undefined;
  for (const [at, port] of ports.entries()) {
    for (let count = 0; count < connections; count += 1) {
      const connection: Connection = { socket: await connected(port), pending: '', sentMs: 0 };
      connection.socket.on('error', (error) => (failure ??= error));
      connection.socket.on('close', () => (failure ??= new Error('a gateway closed a connection')));
      connection.socket.on('data', (chunk: Buffer) => {
        connection.pending += chunk.toString('latin1');
        const status = completeStatus(connection.pending);
        if (status === undefined) return;
        if (status !== 200 && status !== 429) {
          failure ??= new Error(`a gateway answered ${connection.pending.slice(0, 200)}`);
        }
        connection.pending = '';
        const { sentMs } = connection;
        answers.push({ sentMs, tookMs: performance.now() - sentMs, isAdmitted: status === 200 });
        free[at]!.push(connection);
      });
      free[at]!.push(connection);
      all.push(connection);
    }
  }
  const pick = weightedTurns(shares);
  let sent = 0;
  const startMs = performance.now();
  const elapsed = (): number => (performance.now() - startMs) / 1000;
  for (let due = 0; elapsed() < seconds && failure === undefined;) {
    for (const target = ratePerSecond * (isBursty ? inBursts(elapsed()) : elapsed()); due < target; due += 1) {
      const connection = free[pick()]!.shift();
      if (connection === undefined) continue;
      sent += 1;
      connection.sentMs = performance.now();
      connection.socket.write(message);
    }
    await wait(TICK_MS);
  }
  while (answers.length < sent && failure === undefined) await wait(TICK_MS);
  const found = failure;
  for (const { socket } of all) socket.destroy();
  if (found !== undefined) throw found;
  return {
    sent,
    admitted: answers.filter(({ isAdmitted }) => isAdmitted).length,
    answers,
  };
}

/** Seconds' worth of requests that are due after so many seconds. */
export function inBursts(seconds: number): number {
  const whole = Math.floor(seconds);
  return whole + Math.min(1, 2 * (seconds - whole));
}

/** Undefined: the answer is not complete yet. */
function completeStatus(text: string): number | undefined {
  const end = text.indexOf('\r\n\r\n');
  if (end === -1) return undefined;
  const length = Number(/\r\ncontent-length: *(\d+)/i.exec(text)?.[1] ?? NaN);
  return text.length >= end + 4 + length ? Number(text.slice(9, 12)) : undefined;
}

/** Indexes in turn, each as often as its share says, evenly mixed: smooth weighted round robin, as in nginx. */
export function weightedTurns(shares: readonly number[]): () => number {
  const total = shares.reduce((sum, share) => sum + share, 0);
  const credits = shares.map(() => 0);
  return () => {
    let best = 0;
    for (const [at, share] of shares.entries()) {
      credits[at]! += share;
      if (credits[at]! > credits[best]!) best = at;
    }
    credits[best]! -= total;
    return best;
  };
}

function connected(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    socket.once('connect', () => resolve(socket));
    socket.once('error', reject);
  });
}
