/** The admin app of the control thread: this ordered list of plugins is its architecture. */
import { randomUUID } from 'node:crypto';
import Fastify, { LogController, type FastifyBaseLogger, type FastifyInstance } from 'fastify';
import audit from '../../../plugins/admin/base/audit.ts';
import auth from '../../../plugins/admin/base/auth.ts';
import backendHistory from '../../../plugins/admin/routes/backend-history.ts';
import backends from '../../../plugins/admin/routes/backends.ts';
import backendActions from '../../../plugins/admin/routes/backend-actions.ts';
import cachePurge from '../../../plugins/admin/routes/cache-purge.ts';
import certificates from '../../../plugins/admin/routes/certificates.ts';
import circuits from '../../../plugins/admin/routes/circuits.ts';
import clientsCrud from '../../../plugins/admin/routes/limits/clients-crud.ts';
import compatApi from '../../../plugins/compat/compat-api.ts';
import compatClients from '../../../plugins/compat/compat-clients.ts';
import compatServers from '../../../plugins/compat/compat-servers.ts';
import compatStream from '../../../plugins/compat/compat-stream.ts';
import config from '../../../plugins/admin/routes/config.ts';
import configVersions from '../../../plugins/admin/routes/config-versions.ts';
import dashboard from '../../../plugins/admin/base/dashboard.ts';
import discovery from '../../../plugins/admin/routes/pools/discovery.ts';
import docs from '../../../plugins/admin/base/docs.ts';
import errorAnswers, { adminServerOptions } from '../../../plugins/admin/base/error-answers.ts';
import events from '../../../plugins/admin/routes/events.ts';
import fleet from '../../../plugins/admin/routes/fleet.ts';
import limits from '../../../plugins/admin/routes/limits/limits.ts';
import metrics from '../../../plugins/admin/routes/metrics/metrics.ts';
import metricsHistory from '../../../plugins/admin/routes/metrics/metrics-history.ts';
import metricsWs from '../../../plugins/admin/routes/metrics/metrics-ws.ts';
import origins from '../../../plugins/admin/base/origins.ts';
import preconditions from '../../../plugins/admin/base/preconditions.ts';
import health from '../../../plugins/admin/routes/gateway-health.ts';
import status from '../../../plugins/admin/routes/gateway-status.ts';
import pluginList from '../../../plugins/admin/routes/plugin-list.ts';
import prometheus from '../../../plugins/admin/routes/metrics/prometheus.ts';
import recordings from '../../../plugins/admin/routes/recordings.ts';
import requestTrace from '../../../plugins/admin/base/request-trace.ts';
import scale from '../../../plugins/admin/routes/scale.ts';
import schemas from '../../../plugins/admin/base/schemas.ts';
import securityHeaders from '../../../plugins/admin/base/security-headers.ts';
import session from '../../../plugins/admin/routes/session.ts';
import type { ExplainService } from '../../explain/explanation.ts';
import explainRequest from '../../../plugins/admin/routes/explain-request.ts';
import whatIf from '../../../plugins/admin/routes/limits/what-if.ts';
import websocket from '../../../plugins/admin/base/websocket.ts';
import type { Settings } from '../../config/settings.ts';
import { isRequestId } from '../../http/request-id.ts';
import type { BackendControl, BackendSwitches } from '../../backends/backend-control.ts';
import type { BackendHistory } from '../../backends/backend-history.ts';
import type { CertificateReports } from '../../certificates/certificate-report.ts';
import type { CertificateUploads } from '../../certificates/certificate-uploads.ts';
import type { ClientRegistry } from '../../limits/client-store.ts';
import type { Configuration } from '../../reload/configuration.ts';
import type { Database } from '../../database/database-port.ts';
import type { Readiness } from '../../telemetry/readiness.ts';
import type { MetricsHistory } from '../../telemetry/control/history-points.ts';
import type { EventLog } from '../../events/event-log.ts';
import type { DiscoveryControl } from '../../discovery/discovery-report.ts';
import type { Fleet } from '../../fleet/fleet-report.ts';
import { defaultClientLimit } from '../../limits/limit-policy.ts';
import type { LimitReports } from '../../limits/limit-reports.ts';
import type { WhatIfReports } from '../../limits/what-if.ts';
import type { CachePurger } from '../../policies/cache/core/cache-purger.ts';
import type { PluginRuntime } from '../../plugin-kit/plugin-runtime.ts';
import type { RecordingControl } from '../../recording/recordings-port.ts';
import type { Scaling } from '../../scaling/scale-report.ts';
import type { Telemetry } from '../../telemetry/control/reports.ts';
import type { ScrapeSource } from '../../telemetry/control/scrape-report.ts';

export interface AdminAppOptions {
  /** At start: listening, token, intervals. */
  readonly settings: Settings;
  /** The current settings, if a reload may change them. Default `settings`. */
  readonly currentSettings?: () => Settings;
  /** Subscribes to changes of the settings. Default: never called. */
  readonly onSettings?: (listener: () => void) => void;
  readonly configuration: Configuration;
  readonly pluginRuntime: PluginRuntime;
  readonly telemetry: Telemetry;
  readonly metricsHistory: MetricsHistory;
  readonly scraper: ScrapeSource;
  readonly readiness: () => Readiness;
  readonly logger: FastifyBaseLogger;
  /** Of Sluice. */
  readonly version: string;
  readonly database: Database;
  readonly registry: ClientRegistry;
  readonly backends: BackendControl;
  readonly switches: BackendSwitches;
  readonly events: EventLog;
  readonly history: BackendHistory;
  readonly limitReports: LimitReports;
  readonly whatIf: WhatIfReports;
  readonly recordings: RecordingControl;
  readonly explain: ExplainService;
  readonly cache: CachePurger;
  readonly certificates: CertificateReports;
  readonly uploads: CertificateUploads;
  readonly fleet: Fleet;
  readonly scaling: Scaling;
  readonly discovery: DiscoveryControl;
}

/** With every plugin loaded, not listening. `close` ends all connections, WebSockets cleanly. */
export async function buildAdminApp(options: AdminAppOptions): Promise<FastifyInstance> {
  const { settings, currentSettings = () => settings, onSettings = () => {}, telemetry, database, registry } = options;
  const app = Fastify({
    ...adminServerOptions,
    loggerInstance: options.logger,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'request_id' }),
    genReqId: ({ headers }) => (isRequestId(headers['x-request-id']) ? headers['x-request-id'] : randomUUID()),
    requestTimeout: 60_000,
    forceCloseConnections: true,
    // `Upgrade: h2c`, which curl --http2 sends, is ignored (RFC 9110, 7.8).
    http: { shouldUpgradeCallback: (request) => request.headers.upgrade?.toLowerCase() === 'websocket' },
  });

  // First, before everything that throws.
  app.register(errorAnswers);
  app.register(requestTrace);
  app.register(securityHeaders, { hstsSeconds: () => currentSettings().tls?.hstsSeconds ?? 0 });
  app.register(preconditions);
  app.register(schemas);
  app.register(websocket);
  app.register(origins, { admin: () => currentSettings().admin });
  app.register(auth, { admin: () => currentSettings().admin, onChange: onSettings });
  // Before the routes: the document only includes routes added after it.
  app.register(docs, { version: options.version });
  app.register(session);
  app.register(audit, { database, fleet: options.fleet, keepDays: () => currentSettings().admin.auditKeepDays });
  app.register(health, { readiness: options.readiness, telemetry, pools: () => currentSettings().pools });
  const { readiness, configuration, certificates: reports, discovery: members, fleet: gateways } = options;
  app.register(status, {
    telemetry,
    readiness,
    pools: () => currentSettings().pools,
    configuration,
    certificates: reports,
    discovery: members,
    fleet: gateways,
  });
  app.register(clientsCrud, {
    store: database.clients,
    registry,
    defaultLimit: () => defaultClientLimit(currentSettings().rateLimit),
  });
  app.register(backends, { telemetry, control: options.backends });
  app.register(backendActions, { telemetry, control: options.backends, switches: options.switches });
  app.register(circuits, { telemetry, switches: options.switches });
  app.register(backendHistory, { telemetry, history: options.history });
  app.register(certificates, { reports: options.certificates, uploads: options.uploads });
  app.register(events, { events: options.events, gateway: options.fleet.name });
  app.register(fleet, { fleet: options.fleet });
  app.register(scale, { scaling: options.scaling });
  app.register(discovery, { discovery: options.discovery });
  app.register(limits, { reports: options.limitReports });
  app.register(recordings, { recordings: options.recordings });
  app.register(cachePurge, { cache: options.cache });
  app.register(whatIf, { whatIf: options.whatIf });
  app.register(explainRequest, { explain: options.explain });
  app.register(metrics, { telemetry, settings: currentSettings });
  app.register(metricsHistory, { history: options.metricsHistory, telemetry });
  app.register(prometheus, { scraper: options.scraper });
  app.register(config, { configuration: options.configuration });
  app.register(pluginList, { configuration: options.configuration, runtime: options.pluginRuntime });
  app.register(configVersions, { configuration: options.configuration });
  app.register(metricsWs, { telemetry, intervalMs: settings.metrics.intervalMs });
  if (settings.admin.compat) {
    const { backends: control, switches, configuration } = options;
    app.register(compatApi, { telemetry, control, switches, configuration, settings: currentSettings });
    app.register(compatClients, { store: database.clients });
    app.register(compatServers, { telemetry, control, settings: currentSettings });
    app.register(compatStream, { telemetry });
  }
  app.register(dashboard);
  return app;
}
