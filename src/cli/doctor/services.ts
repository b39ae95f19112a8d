/** The database and Redis: reachable, as they should be, and with the same time. */
import { existsSync } from 'node:fs';
import { lookAtPostgres } from '../../../drizzle/postgres/postgres-look.ts';
import { sqlitePath } from '../../../drizzle/sqlite/sqlite-paths.ts';
import type { DatabaseSettings, RedisSettings } from '../../config/settings.ts';
import { connectRedis } from '../../redis/connect-redis.ts';
import { failed, type Finding, ok, warning } from './finding.ts';

const DEADLINE_MS = 3000;
/** Beyond it, times of gateways and of what they store disagree visibly. */
const CLOCK_MS = 2000;

export async function checkDatabase({ url, schema, dataDir }: DatabaseSettings): Promise<readonly Finding[]> {
  if (url === null) {
    const isThere = existsSync(sqlitePath(dataDir));
    return [ok('database', isThere ? `embedded, in ${dataDir}` : `embedded, made in ${dataDir} by the first start`)];
  }
  try {
    const { serverMs, tookMs, due } = await lookAtPostgres(url, schema, DEADLINE_MS);
    const migrations = due.length === 0 ? 'up to date' : `${due.length} migrations are applied by the next start`;
    return [
      ok('database', `PostgreSQL answers in ${Math.round(tookMs)} ms, ${migrations}`),
      checkClock('database', serverMs),
    ];
  } catch (error) {
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

/** @param nowMs of this machine */
export function checkClock(other: string, theirMs: number, nowMs = Date.now()): Finding {
  const differenceMs = Math.round(nowMs - theirMs);
  if (Math.abs(differenceMs) <= CLOCK_MS) return ok('clock', `as that of the ${other}, within 2 s`);
  const how = `${Math.abs(differenceMs / 1000).toFixed(1)} s ${differenceMs > 0 ? 'ahead of' : 'behind'} that of the ${other}`;
  const why = 'times of certificates, tokens, quotas and logs are wrong on one of the two';
  return warning('clock', how, why, 'synchronise both: timedatectl set-ntp true, or chrony');
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
