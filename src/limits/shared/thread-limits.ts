/** The shared limits of a traffic thread, on a connection of its own. */
import { randomBytes } from 'node:crypto';
import type { RedisSettings } from '../../config/settings.ts';
import { connectRedis } from '../../redis/connect-redis.ts';
import type { RedisError } from '../../redis/redis-error.ts';
import { repeat } from '../../runtime/repeat.ts';
import type { ClientTable } from '../client-table.ts';
import { FLEET_KEY, FLEET_SCRIPT, firstReturnMs, fleetArguments, type FleetView, readFleet } from './fleet-script.ts';
import type { SharedLimitTable } from './shared-limit-table.ts';
import { SharedLimits, type SharedLimitSettings } from './shared-limits.ts';

export interface ThreadLimitOptions {
  readonly thread: number;
  readonly redis: RedisSettings;
  readonly clients: ClientTable;
  readonly table: SharedLimitTable;
  /** They may change at any time. */
  settings(): SharedLimitSettings & { readonly expectedGateways: number };
  nowMs(): number;
}

export interface ThreadLimits {
  readonly limits: SharedLimits;
  close(): Promise<void>;
}

/** How often the thread's state is published. */
const STATE_MS = 500;
const DEADLINE_MS = 1000;
/** So long a thread that stops waits for Redis. */
const STOP_MS = 200;

export function connectThreadLimits(options: ThreadLimitOptions): ThreadLimits {
  const { thread, redis, clients, table, settings, nowMs } = options;
  /** As of the last time that Redis was there; null: never. */
  let epoch: string | null = null;
  let seenEpoch: string | null = null;

  const link = connectRedis(redis, {
    name: `sluice-${process.pid}-traffic-${thread}`,
    // The control thread logs for all.
    log: null,
    onUp: () => {
      if (epoch === null) look(() => {});
      limits.onLinkUp();
    },
    onDown: (error) => limits.onLinkDown(error),
  });

  function look(done: (view: FleetView | null) => void): void {
    const args = fleetArguments('look', '', randomBytes(8).toString('hex'));
    link.run(FLEET_SCRIPT, `${redis.prefix}:${FLEET_KEY}`, args, DEADLINE_MS, (error, reply) => {
      if (error !== null) return done(null);
      const view = readFleet(reply);
      seenEpoch = view.epoch;
      if (limits.mode !== 'lost') epoch = view.epoch;
      done(view);
    });
  }

  const limits = new SharedLimits({
    table: clients,
    threads: table.threads,
    link: {
      get isInParts() {
        return link.isInParts;
      },
      ping: (deadlineMs, done) => link.ping(deadlineMs, done),
      run: (script, key, args, deadlineMs, done) => link.run(script, `${redis.prefix}:${key}`, args, deadlineMs, done),
    },
    settings,
    gateways: () => table.gateways(settings().expectedGateways),
    onReturn: (sinceMs, done) => {
      look((view) => {
        done(view === null ? null : { firstMs: firstReturnMs(view, epoch, sinceMs), serverUs: view.atUs });
      });
    },
    nowMs,
    random: Math.random,
    setTimer: (run, ms) => {
      if (ms === 0) setImmediate(run);
      // A thread that stops does not wait for it.
      else setTimeout(run, ms).unref();
    },
    onMode: (mode) => {
      if (mode !== 'lost') epoch = seenEpoch;
      table.setMode(thread, mode, nowMs());
    },
    count: (path) => table.count(thread, path),
    onWaited: (ms) => table.waited(thread, ms),
    onError: (_error: RedisError) => {},
  });
  table.setMode(thread, 'shared', nowMs());
  const stop = repeat(() => table.setState(thread, limits.rttMs, limits.size), STATE_MS);
  return {
    limits,
    async close() {
      limits.close();
      await stop();
      // The last charges have arrived when this is answered.
      await new Promise<void>((resolve) => link.ping(STOP_MS, () => resolve()));
      await link.close();
    },
  };
}
