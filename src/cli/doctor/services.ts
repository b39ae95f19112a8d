/** The database and Redis: reachable, as they should be, and with the same time. */
import { CannotOpenDatabase } from '../../../drizzle/cannot-open-database.ts';
import { lookAtPostgres } from '../../../drizzle/postgres/postgres-look.ts';
import { lookAtSqlite } from '../../../drizzle/sqlite/sqlite-look.ts';
import type { DatabaseSettings, RedisSettings } from '../../config/settings.ts';
import { connectRedis } from '../../redis/connect-redis.ts';
import { checkClock } from './clocks.ts';
import { failed, type Finding, ok, warning } from './finding.ts';

const DEADLINE_MS = 3000;

export async function checkDatabase({ url, schema, dataDir }: DatabaseSettings): Promise<readonly Finding[]> {
  if (url === null) return [checkEmbedded(dataDir)];
  try {
    const { serverMs, tookMs, due } = await lookAtPostgres(url, schema, DEADLINE_MS);
    return [
      ok('database', `PostgreSQL answers in ${Math.round(tookMs)} ms, ${migrations(due)}`),
      checkClock('the database', serverMs),
    ];
  } catch (error) {
    if (error instanceof CannotOpenDatabase) return [cannotOpen(error, 'docs/database.md')];
    const fix = 'check database.url, the server and its access rules: docs/database.md';
    return [
      failed(
        'database',
        (error as Error).message,
        'the gateway starts without it only if database.required is false',
        fix,
      ),
    ];
  }
}

function checkEmbedded(dataDir: string): Finding {
  try {
    const look = lookAtSqlite(dataDir);
    switch (look.state) {
      case 'missing':
        return ok('database', `embedded, made in ${dataDir} by the first start`);
      case 'open':
        return ok(
          'database',
          `embedded, in ${dataDir}, in use by process ${look.pid}, which has applied its migrations`,
        );
      case 'unfinished':
        return ok(
          'database',
          `embedded, in ${dataDir}; the next start reads its log, and applies migrations if some are due`,
        );
      default:
        return ok('database', `embedded, in ${dataDir}, ${migrations(look.due)}`);
    }
  } catch (error) {
    return cannotOpen(error as Error, 'docs/operations/storage.md');
  }
}

/** The message says what to do. */
function cannotOpen({ message }: Error, page: string): Finding {
  return failed('database', message, 'the gateway does not start', page);
}

function migrations(due: readonly string[]): string {
  if (due.length === 0) return 'up to date';
  return due.length === 1
    ? `1 migration is applied by the next start: ${due[0]}`
    : `${due.length} migrations are applied by the next start, ${due[0]} to ${due.at(-1)}`;
}

export async function checkRedis(settings: RedisSettings | null): Promise<readonly Finding[]> {
  if (settings === null) return [];
  const warnings: string[] = [];
  let version: string | undefined;
  const up = Promise.withResolvers<string | null>();
  const link = connectRedis(settings, {
    name: 'sluice-doctor',
    onUp: () => up.resolve(null),
    onDown: ({ message }) => up.resolve(message),
    log: {
      info: (fields: { readonly version?: string }) => void (version = fields.version),
      // oxlint-disable-next-line typescript/no-explicit-any -- pino's many shapes
      warn: (fields: any, message?: string) => void warnings.push(String(fields?.warning ?? message ?? fields)),
    } as never,
  });
  const timeout = setTimeout(() => up.resolve('no answer in time'), DEADLINE_MS);
  try {
    const failure = await up.promise;
    if (failure !== null) {
      const why = 'each gateway then admits its share of shared limits, which is less exact';
      return [failed('Redis', failure, why, 'check the section redis, the server and its access rules: docs/redis.md')];
    }
    const found = warnings.map((text) => warning('Redis', text, 'shared limits are not exact', 'docs/redis.md'));
    return [...found, ok('Redis', `answers${version === undefined ? '' : `, version ${version}`}`), ...(await clock())];
  } finally {
    clearTimeout(timeout);
    await link.close();
  }

  /** A Cluster has no one clock. */
  async function clock(): Promise<readonly Finding[]> {
    if (settings!.nodes !== null) return [];
    const reply = await link.command(['TIME'], DEADLINE_MS).catch(() => null);
    return Array.isArray(reply) ? [checkClock('Redis', Number(reply[0]) * 1000 + Number(reply[1]) / 1000)] : [];
  }
}
