/** The current settings, as snapshots for the threads. Probes begin with the first one. */
import type { FastifyInstance } from 'fastify';
import fp from 'fastify-plugin';
import type { Logger } from 'pino';
import { FallbackWatch } from '../../src/balancing/control/fallback-watch.ts';
import { repeat } from '../../src/runtime/repeat.ts';
import { PlacementRow } from '../../src/balancing/placement-table.ts';
import { WaitQueues } from '../../src/balancing/wait-queues.ts';
import type { Settings } from '../../src/config/settings.ts';
import { LiveSettings } from '../../src/gateway/control/live-settings.ts';
import { RiskLog } from '../../src/gateway/control/risk-log.ts';
import { SnapshotBuilder } from '../../src/gateway/control/snapshot-builder.ts';

declare module 'fastify' {
  interface FastifyInstance {
    readonly snapshots: SnapshotBuilder;
    readonly live: LiveSettings;
  }
}

export interface SnapshotsOptions {
  readonly settings: Settings;
  readonly log: Logger;
}

/** Interval between looks at pools with a fallback, for the event log, ms. */
const LOOK_MS = 500;
/** Interval between looks for dates that have passed, ms. */
const RISKS_MS = 60_000;

async function snapshots(app: FastifyInstance, { settings, log }: SnapshotsOptions): Promise<void> {
  const { backendAddresses: addresses, conditions, health, limiter, row, tables, weights } = app;
  const { nowMs } = tables.clock;
  const builder = new SnapshotBuilder({
    backends: tables.backends,
    metrics: tables.metrics,
    nowMs,
    addresses: (backend) => addresses.used(backend),
    weights,
    occupyPool: (slot) => {
      tables.queues.occupy(slot);
      tables.placements.occupy(slot);
    },
  });
  const risks = new RiskLog({
    log,
    onLateRisk: (message) =>
      app.events.append({
        kind: 'configuration',
        severity: 'warn',
        subject: null,
        message: `configuration is risky: ${message}`,
      }),
    wallMs: Date.now,
  });
  const live = new LiveSettings(settings, {
    builder,
    limiter,
    pools: {
      table: tables.backends,
      row,
      random: Math.random,
      turns: tables.turns,
      stickySecret: tables.stickySecret,
      // Built to check that it can be; nobody waits here.
      queues: new WaitQueues({ table: tables.queues, thread: 0, nowMs, onWaiting: () => {} }),
      placements: new PlacementRow(tables.placements, 0),
    },
    health: {
      update: (snapshot) => {
        health.update(snapshot);
        conditions.update(snapshot);
      },
    },
    nowMs,
    risks,
    log,
  });
  app.decorate('snapshots', builder);
  app.decorate('live', live);
  const watch = new FallbackWatch({ events: app.events, nowMs });
  app.addHook('onReady', async () => {
    app.addHook(
      'onClose',
      repeat(() => watch.round(live.compiled.pools.values()), LOOK_MS),
    );
    app.addHook(
      'onClose',
      repeat(() => risks.look(live.settings), RISKS_MS),
    );
  });
}

export default fp(snapshots, { name: 'snapshots', dependencies: ['tables', 'event-log', 'addresses', 'health'] });
