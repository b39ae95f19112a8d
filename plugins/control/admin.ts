/** The admin app: built last, because it is large and traffic does not need it. It listens when everything is ready. */
import { hostname } from 'node:os';
import type { FastifyInstance, InjectOptions, LightMyRequestResponse } from 'fastify';
import fp from 'fastify-plugin';
import type { Logger } from 'pino';
import type { BackendSwitches } from '../../src/backends/backend-control.ts';
import { LiveDiscovery } from '../../src/discovery/control/live-discovery.ts';
import { LiveBackendSwitches } from '../../src/breaker/control/backend-switches.ts';
import type { Settings } from '../../src/config/settings.ts';
import { openCertificate } from '../../src/certificates/shared-certificate.ts';
import type { AdminGate } from '../../src/gateway/control/admin-gate.ts';
import { AdminTls } from '../../src/gateway/control/admin-tls.ts';
import { followBackends } from '../../src/gateway/control/stored-backends.ts';
import { followDatabase } from '../../src/gateway/control/stored-clients.ts';
import { plainAnswer } from '../../src/api/answer-errors.ts';
import { Quotas } from '../../src/limits/quotas/quotas.ts';
import { LiveLimitReports } from '../../src/limits/control/limit-reporter.ts';
import { LiveWhatIf } from '../../src/limits/control/what-if-reporter.ts';
import { Explainer } from '../../src/explain/control/explainer.ts';
import type { ExplainService } from '../../src/explain/explanation.ts';
import { ExplainSigner } from '../../src/explain/explain-signer.ts';
import type { LimitReports } from '../../src/limits/limit-reports.ts';
import { EXPLAIN_HEADER } from '../../src/routing/explained-exchange.ts';
import type { Readiness } from '../../src/telemetry/readiness.ts';
import type { Supervisor } from '../../src/threads/control/supervisor.ts';
import { VERSION } from '../../src/version.ts';

declare module 'fastify' {
  interface FastifyInstance {
    /** With port 0 in the settings: the assigned port. */
    readonly adminPort: () => number;
    readonly readiness: () => Readiness;
    /** A request to the admin app without a connection. */
    readonly adminRequest: (request: InjectOptions) => Promise<LightMyRequestResponse>;
  }
}

export interface AdminOptions {
  readonly settings: Settings;
  readonly gate: AdminGate;
  readonly isStopping: () => boolean;
  readonly log: Logger;
}

function explainService(
  { live, supervisor, tables, telemetry }: FastifyInstance,
  limits: LimitReports,
  discovery: Pick<LiveDiscovery, 'report'>,
): ExplainService {
  const explainer = new Explainer({
    live: () => live.compiled,
    limits,
    telemetry,
    discovery,
    nowMs: tables.clock.nowMs,
    ask: (request) => supervisor.explain(request),
  });
  const signer = new ExplainSigner(tables.stickySecret);
  return {
    explain: (request) => explainer.explain(request),
    sign: () => ({ header: EXPLAIN_HEADER, ...signer.sign(tables.clock.wallMs(tables.clock.nowMs()) / 1000) }),
  };
}

async function admin(app: FastifyInstance, { settings, gate, isStopping, log }: AdminOptions): Promise<void> {
  const {
    automaticCertificates: automatic,
    backendHistory,
    backendRegistry,
    certificates,
    circuitOrders,
    clientRegistry,
    configuration,
    database,
    demandHistory,
    discovery,
    events,
    fleet,
    limitFleet,
    limiter,
    live,
    scaling,
  } = app;
  const {
    metricsHistory,
    pushedLists,
    recordings,
    scraper,
    supervisor,
    tables,
    telemetry,
    uploadedCertificates: uploads,
  } = app;
  const { nowMs } = tables.clock;
  const limitReports = new LiveLimitReports({
    limiter,
    nowMs,
    wallMs: Date.now,
    quotas: new Quotas(tables.quotas, (key) => limiter.hash(key)),
    clientQuotas: (bucket) => clientRegistry.quotas(bucket),
    settings: () => live.settings,
    limiterReport: () => telemetry.limiter(),
    sharing: () => limitFleet?.report() ?? null,
    blocks: clientRegistry.blocks,
    talkers: () => supervisor.talkers(),
  });
  const switches: BackendSwitches = new LiveBackendSwitches({
    table: tables.backends,
    orders: circuitOrders,
    snapshot: () => live.snapshot,
    threads: () => supervisor.threads,
    resetRows: (index) => supervisor.resetBackend(index),
    onReset: (id) => telemetry.forgetBackend(id),
    log,
  });
  const readiness = (): Readiness => {
    const reasons = [
      ...(isStopping() ? ['stopping'] : []),
      ...threadReasons(supervisor.threads),
      ...discovery.waiting().map((pool) => `discovery: ${pool}`),
    ];
    return { ready: reasons.length === 0, reasons };
  };
  const discovered = new LiveDiscovery({
    discovery,
    pushed: pushedLists,
    registry: backendRegistry,
    nowMs,
    wallMs: (atMs) => tables.clock.wallMs(atMs),
  });
  const { buildAdminApp } = await import('../../src/gateway/control/admin-app.ts');
  const built = await buildAdminApp({
    settings,
    currentSettings: () => live.settings,
    onSettings: (listener) => live.onChange(listener),
    configuration,
    pluginRuntime: { states: () => supervisor.plugins(), counts: () => tables.pluginCounters.list() },
    telemetry,
    history: backendHistory,
    scraper,
    database,
    registry: clientRegistry,
    backends: backendRegistry,
    switches,
    events,
    metricsHistory,
    limitReports,
    recordings,
    explain: explainService(app, limitReports, discovered),
    cache: {
      purge: (what) => supervisor.purgeCaches(what),
      routes: () => live.settings.routes.flatMap(({ name, cache }) => (cache === null ? [] : [name])),
    },
    whatIf: new LiveWhatIf({
      demand: demandHistory,
      reports: limitReports,
      isRegistered: (bucket) => limiter.isRegistered(bucket),
      nowMs,
      wallMs: (atMs) => tables.clock.wallMs(atMs),
    }),
    certificates: {
      list: () => [...certificates.list(), ...automatic.list(), ...uploads.list()],
      rootPem: () => certificates.rootPem(),
      renew: (id) => automatic.renew(id),
      changeAccountKey: (issuer) => automatic.changeAccountKey(issuer),
      forget: (id) => automatic.forget(id),
    },
    uploads,
    fleet,
    scaling,
    discovery: discovered,
    logger: log,
    version: VERSION,
    readiness,
  });
  const tls = settings.admin.tls ? adminTls(app, log) : null;
  app.addHook('onClose', async () => {
    tls?.stop();
    await built.close();
  });
  app.decorate('readiness', readiness);
  app.decorate('adminRequest', (request: InjectOptions) => built.inject(request));
  app.decorate('adminPort', () => {
    const address = built.server.address();
    return typeof address === 'object' && address !== null ? address.port : settings.admin.port;
  });

  app.ownBeat.listensAt(() => {
    const port = app.adminPort();
    return port === 0 ? null : adminUrl(settings.admin, port);
  });
  const ends = [
    followDatabase(database, clientRegistry, built.clientChanges, log),
    followBackends(database, backendRegistry, log),
  ];
  tls?.guard(built.server);
  gate.guard(built.server);
  ends.push(gate.start());
  app.addHook('onClose', async () => ends.forEach((end) => end()));
  app.addHook('onReady', async () => {
    const { host, port } = settings.admin;
    // Fastify does not know of our TLS.
    const secured = (url: string): string => (tls === null ? url : url.replace('http:', 'https:'));
    await built.listen({ host, port, listenTextResolver: (url) => `admin port listens at ${secured(url)}` });
    // The others learn where it listens.
    void fleet.round();
  });
}

/** As others may reach it: the host name stands for all addresses. */
function adminUrl({ host, tls }: Settings['admin'], port: number): string {
  const name = host === '0.0.0.0' || host === '::' ? hostname() : host;
  return `${tls ? 'https' : 'http'}://${name.includes(':') ? `[${name}]` : name}:${port}`;
}

/** With the certificates, settings and ticket keys of the TLS port. */
function adminTls({ live, supervisor, tables }: FastifyInstance, log: Logger): AdminTls {
  const tls = new AdminTls({
    // `admin.tls` needs the section, and neither changes without a restart.
    settings: () => live.settings.tls!,
    ticketSecret: tables.ticketSecret,
    wallMs: Date.now,
    answerPlain: () => plainAnswer(log),
    log,
  });
  supervisor.followCertificates((set, removed) => tls.certificates.apply(set.map(openCertificate), removed));
  return tls;
}

/** Why the traffic threads do not take traffic. */
function threadReasons(threads: Supervisor['threads']): string[] {
  const reasons = threads.some(({ state }) => state === 'running') ? [] : ['no traffic thread runs'];
  for (const { index, seen } of threads) if (seen !== 'running') reasons.push(`traffic thread ${index} hangs`);
  return reasons;
}

export default fp(admin, { name: 'admin', dependencies: ['traffic', 'circuit-orders', 'reload', 'telemetry'] });
