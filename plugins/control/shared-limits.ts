/** Limits that several gateways share by Redis: this gateway's part in the fleet. */
import type { FastifyInstance } from 'fastify';
import fp from 'fastify-plugin';
import type { Logger } from 'pino';
import type { Settings } from '../../src/config/settings.ts';
import { LimitFleet } from '../../src/limits/shared/control/limit-fleet.ts';
import { connectRedis } from '../../src/redis/connect-redis.ts';

declare module 'fastify' {
  interface FastifyInstance {
    /** Null: no Redis is configured. */
    readonly limitFleet: LimitFleet | null;
  }
}

export interface SharedLimitsOptions {
  readonly settings: Pick<Settings, 'redis'>;
  readonly log: Logger;
}

async function sharedLimits(app: FastifyInstance, { settings: { redis }, log }: SharedLimitsOptions): Promise<void> {
  if (redis === null) {
    app.decorate('limitFleet', null);
    return;
  }
  const { database, events, fleet: members, live, ownBeat, tables } = app;
  const link = connectRedis(redis, {
    name: `sluice-${process.pid}-control`,
    onUp: () => {},
    onDown: () => {},
    log,
  });
  const fleet = new LimitFleet({
    link,
    prefix: redis.prefix,
    table: tables.sharedLimits,
    expectedGateways: () => live.settings.rateLimit.shared.expectedGateways,
    databaseGateways: () => (database.mode === 'embedded' ? 0 : members.count),
    onEvent: (severity, message) => events.append({ kind: 'limit', severity, subject: null, message }),
    log,
    wallMs: (atMs) => tables.clock.wallMs(atMs),
  });
  ownBeat.limitsBy(() => {
    const { mode, since } = fleet.report();
    const { clock } = tables;
    const isHindered = mode !== 'shared' && since !== null;
    return { limitMode: mode, limitModeSeconds: isHindered ? (clock.wallMs(clock.nowMs()) - since) / 1000 : null };
  });
  app.decorate('limitFleet', fleet);
  app.addHook('onClose', async () => {
    await fleet.leave();
    await link.close();
  });
}

export default fp(sharedLimits, { name: 'shared-limits', dependencies: ['fleet'] });
