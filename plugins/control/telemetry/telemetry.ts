/** Metrics for operators: reports, their history, and the data for Prometheus. */
import type { FastifyInstance } from 'fastify';
import { join } from 'node:path';
import fp from 'fastify-plugin';
import type { Logger } from 'pino';
import type { Settings } from '../../../src/config/settings.ts';
import { dataFolderName } from '../../../src/fleet/gateway-name.ts';
import { HistoryFile } from '../../../src/telemetry/control/history-file.ts';
import { LoopDelayWatch } from '../../../src/telemetry/control/loop-delay.ts';
import { KeptMetricsHistory } from '../../../src/telemetry/control/kept-metrics-history.ts';
import { Scraper, type ScraperPorts } from '../../../src/telemetry/control/scraper.ts';
import { GatewayTelemetry } from '../../../src/telemetry/control/gateway-telemetry.ts';
import { MetricText } from '../../../src/otlp/core/metric-text.ts';
import { writeMetrics } from '../../../src/telemetry/api/prometheus/exposed-metrics.ts';
import { VERSION } from '../../../src/version.ts';

declare module 'fastify' {
  interface FastifyInstance {
    readonly telemetry: GatewayTelemetry;
    readonly metricsHistory: KeptMetricsHistory;
    readonly scraper: Scraper;
  }
}

/** Data points: about a megabyte of JSON. */
const POINTS_PER_REQUEST = 5000;

export interface TelemetryOptions extends Pick<ScraperPorts, 'droppedLogLines' | 'refusedAdminConnections'> {
  /** At start: name and data folder. */
  readonly settings: Settings;
  readonly log: Logger;
}

async function telemetry(app: FastifyInstance, { settings, log, ...options }: TelemetryOptions): Promise<void> {
  const {
    authKeys,
    backendAddresses: addresses,
    backendRegistry,
    automaticCertificates: automatic,
    certificates,
    clientRegistry,
    conditions,
    configuration,
    database,
    discovery,
    fleet,
    health,
    limitFleet,
    limiter,
    live,
    reloader,
    scaling,
  } = app;
  const { otlp, ownBeat, snapshots, supervisor, tables, uploadedCertificates: uploads } = app;
  const reports = new GatewayTelemetry({
    tables,
    limiter,
    version: VERSION,
    settings: () => live.settings,
    snapshot: () => live.snapshot,
    retiredRoutes: () => snapshots.retiredRoutes(),
    threads: () => supervisor.threads,
    registeredClients: () => clientRegistry.size,
    probe: (id) => health.lastProbe(id),
    condition: (id) => conditions.report(id),
    addresses,
    database: () => ({ mode: database.mode, available: database.isAvailable() }),
    origin: (id) => backendRegistry.origin(id),
    configuration: () => reloader.state(),
    exporters: () => otlp.reports,
  });
  reports.start();
  ownBeat.countBy(() => {
    const { requestsTotal: requests, limiter: totals } = reports.report();
    return { requests, refused: totals.refusedTotal + totals.refusedGlobalTotal + totals.refusedRouteTotal };
  });
  app.addHook('onClose', async () => reports.stop());
  const history = new KeptMetricsHistory(() => reports.report(), historyFile(settings, log));
  history.start();
  app.addHook('onClose', () => history.stop());
  const delay = new LoopDelayWatch();
  app.addHook('onClose', async () => delay.stop());
  app.decorate('telemetry', reports);
  app.decorate('metricsHistory', history);
  const scraper = new Scraper({
    ...options,
    tables,
    telemetry: reports,
    snapshot: () => live.snapshot,
    threads: () => supervisor.threads,
    configuration: () => ({ ...reloader.state(), reverts: configuration.reverts }),
    keySources: () => authKeys.reports,
    nameLookups: () => addresses.totals,
    certificates: () => {
      const [own, ordered] = [certificates.scrape(), automatic.scrape()];
      return { ...own, ...ordered, expiries: [...own.expiries, ...ordered.expiries, ...uploads.expiries()] };
    },
    discovery: () => discovery.figures(),
    routeProviders: () => discovery.routes.report(),
    fleet: () => fleet.report(),
    sharing: () => limitFleet?.report() ?? null,
    scale: () => scaling.report(),
    delay,
  });
  app.decorate('scraper', scraper);
  otlp.connect(async () => {
    const scrape = await scraper.scrape();
    const text = new MetricText(scrape.process.startTimeSeconds * 1000, Date.now());
    writeMetrics(scrape, text);
    return text.pieces(POINTS_PER_REQUEST);
  });
  app.addHook('onClose', () => otlp.endMetrics());
}

function historyFile(settings: Settings, log: Logger): HistoryFile | null {
  if (!settings.metrics.storeHistory) return null;
  const path = join(settings.database.dataDir, 'history', dataFolderName(settings));
  return new HistoryFile({ path, log });
}

export default fp(telemetry, { name: 'telemetry', dependencies: ['shared-limits', 'reload', 'scaling', 'discovery'] });
