import { addressText, type RedisAccess, type RedisAddress } from './redis-access.ts';
import { RedisConnection } from './redis-connection.ts';
import { RedisError } from './redis-error.ts';

/**
 * Asks all Sentinels where the master is, and believes what more than half of them say. If fewer answer, the address that
 * most of those name: a Sentinel that was cut off still names the old master.
 *
 * Rejects with RedisError. Source: Redis, "Guidelines for Redis clients with support for Redis Sentinel".
 */
export async function findMaster(
  master: string,
  sentinels: readonly RedisAddress[],
  access: RedisAccess,
  signal: AbortSignal,
): Promise<RedisAddress> {
  const done = new AbortController();
  const votes = new Map<string, number>();
  const found = new Map<string, RedisAddress>();
  const problems: RedisError[] = [];
  const { promise: agreed, resolve: agree } = Promise.withResolvers<string>();
  const asked = sentinels.map(async (sentinel) => {
    try {
      const address = await ask(sentinel, master, access, AbortSignal.any([signal, done.signal]));
      const text = addressText(address);
      found.set(text, address);
      votes.set(text, (votes.get(text) ?? 0) + 1);
      if (votes.get(text)! > sentinels.length / 2) agree(text);
    } catch (error) {
      problems.push(error as RedisError);
    }
  });
  const winner = await Promise.race([agreed, Promise.all(asked).then(() => mostNamed(votes))]);
  done.abort();
  const address = winner === undefined ? undefined : found.get(winner);
  if (address !== undefined) return address;
  const { kind, message } = problems.find((problem) => problem.kind === 'auth') ?? problems[0]!;
  throw new RedisError(kind, `no Sentinel knows where ${master} is: ${message}`);
}

function mostNamed(votes: ReadonlyMap<string, number>): string | undefined {
  return [...votes].sort(([, a], [, b]) => b - a)[0]?.[0];
}

async function ask(
  sentinel: RedisAddress,
  master: string,
  access: RedisAccess,
  signal: AbortSignal,
): Promise<RedisAddress> {
  const connection = await RedisConnection.open(sentinel, access, signal);
  const onAbort = (): void => connection.end(new RedisError('down', 'closed'));
  signal.addEventListener('abort', onAbort);
  try {
    const reply = await connection.ask('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', master);
    if (!Array.isArray(reply)) throw new RedisError('down', `${addressText(sentinel)} does not know it`);
    return { host: String(reply[0]), port: Number(reply[1]), path: null };
  } finally {
    signal.removeEventListener('abort', onAbort);
    onAbort();
  }
}
