/** This gateway among those that share its database: it beats until the gateway stops, and then leaves. */
import { randomBytes } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import fp from 'fastify-plugin';
import type { Logger } from 'pino';
import type { Settings } from '../../src/config/settings.ts';
import { configDigest } from '../../src/fleet/config-digest.ts';
import { fleetEvent } from '../../src/fleet/control/fleet-events.ts';
import { FleetKeeper } from '../../src/fleet/control/fleet-keeper.ts';
import { OwnBeat } from '../../src/fleet/control/own-beat.ts';
import { repeat } from '../../src/runtime/repeat.ts';
import { VERSION } from '../../src/version.ts';

declare module 'fastify' {
  interface FastifyInstance {
    readonly fleet: FleetKeeper;
    readonly ownBeat: OwnBeat;
  }
}

export interface FleetOptions {
  readonly settings: Settings;
  /** Of this gateway. */
  readonly name: string;
  readonly log: Logger;
}

async function fleet(app: FastifyInstance, { settings, name, log }: FleetOptions): Promise<void> {
  const { backendRegistry, database, events, tables } = app;
  const { beatMs, expireMs } = settings.fleet;
  const { nowMs } = tables.clock;
  const id = randomBytes(8).toString('hex');
  let digestKey: string | null = null;
  const ownBeat = new OwnBeat({
    id,
    name,
    version: VERSION,
    threads: settings.server.threads,
    limitMode: settings.redis === null ? 'local' : 'shared',
    configDigest: () => (digestKey === null ? '' : configDigest(backendRegistry.fileSettings, digestKey)),
    nowMs,
  });
  const keeper = new FleetKeeper({
    id,
    name,
    own: () => ownBeat.now(),
    beatMs,
    expireMs,
    nowMs,
    wallMs: (atMs) => tables.clock.wallMs(atMs),
    onChange: (change) => {
      const event = fleetEvent(change);
      events.append({ kind: 'fleet', ...event });
      log[event.severity]({ gateways: keeper.count, change: event.message }, 'fleet changed');
    },
    onFailure: (error) => log.warn({ err: error }, 'beats fail: the fleet is as last known'),
  });
  app.decorate('fleet', keeper);
  app.decorate('ownBeat', ownBeat);

  async function measure(): Promise<void> {
    ownBeat.measure();
    // Without it, a beat says nothing about the configuration.
    digestKey ??= await database.secrets.get('config-digest', newKey).catch(() => null);
  }
  // An embedded database is one gateway's: its own figures are shown.
  if (database.mode === 'embedded') {
    await measure();
    app.addHook('onClose', repeat(measure, beatMs));
    return;
  }

  async function round(): Promise<void> {
    await measure();
    await keeper.round();
  }
  keeper.follow(database.fleet);
  const unfollow = [
    database.onGatewaysChanged(() => keeper.refresh()),
    database.onAvailability((isAvailable) => isAvailable && void round()),
  ];
  await round();
  const stop = repeat(round, () => keeper.nextRoundMs);
  app.addHook('onClose', async () => {
    for (const end of unfollow) end();
    await stop();
    await keeper.leave();
  });
}

function newKey(): string {
  return randomBytes(32).toString('hex');
}

export default fp(fleet, { name: 'fleet', dependencies: ['database'] });
