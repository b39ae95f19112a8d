/**
 * The control thread: puts the parts together, in the order in which they need each other, and takes them apart again
 * in the reverse order.
 */
import { randomFillSync } from 'node:crypto';
import { hostname } from 'node:os';
import type { Logger } from 'pino';
import { openDatabase } from '../../../drizzle/open-database.ts';
import { autoConnections, mostAdminDescriptor, openFileLimit } from '../../config/open-files.ts';
import { explainOwn, ownListener, type OwnListener, thisMachine } from '../../config/check/own-address.ts';
import type { DatabaseSettings, Settings } from '../../config/settings.ts';
import type { ConfigSource } from '../../config/file/source.ts';
import { type LogTarget, openLogTarget } from '../../runtime/log-sink.ts';
import { BackendHistory } from '../../backends/backend-history.ts';
import { BackendRow } from '../../backends/backend-row.ts';
import { Circuits } from '../../breaker/circuits.ts';
import { RateLimiter } from '../../limits/rate-limiter.ts';
import type { ReloadReport } from '../../reload/configuration.ts';
import type { Database } from '../../database/database.ts';
import type { Snapshot } from '../../config/snapshot.ts';
import { EventLog } from '../../events/event-log.ts';
import { limitPolicies } from '../../limits/limit-policy.ts';
import { allocateSharedMemory, attachSharedMemory, type SharedTables } from '../../threads/shared-memory.ts';
import { WaitQueues } from '../../balancing/wait-queues.ts';
import { VERSION } from '../../version.ts';
import { AdminGate } from './admin-gate.ts';
import { BackendRegistry } from '../../backends/control/backend-registry.ts';
import { LiveBackendSwitches } from '../../breaker/control/backend-switches.ts';
import { BackendAddresses } from '../../addresses/control/backend-addresses.ts';
import { BackendConditions } from '../../health/control/backend-conditions.ts';
import { LiveClientRegistry } from '../../limits/control/client-registry.ts';
import { coalesce } from '../../runtime/coalesce.ts';
import { watchConfig } from '../../reload/control/config-watcher.ts';
import { askSystem, DnsClient } from '../../addresses/control/dns-client.ts';
import { EffectiveWeights } from '../../balancing/control/effective-weights.ts';
import { databaseEvents, reloadEvents, threadEvents } from './gateway-events.ts';
import { shareStickyKeys } from './fleet-sticky-keys.ts';
import { HealthKeeper } from '../../health/control/health-keeper.ts';
import { parseHosts } from '../../addresses/control/hosts-file.ts';
import { assertPortFree, isReusePortSupported } from './listening.ts';
import { LiveLimitReports } from '../../limits/control/limit-reporter.ts';
import { LiveSettings } from './live-settings.ts';
import { LoopDelayWatch } from '../../telemetry/control/loop-delay.ts';
import { KeptMetricsHistory } from '../../telemetry/control/figures-history.ts';
import { createLookups } from '../../addresses/control/name-lookup.ts';
import { Reloader } from '../../reload/control/reloader.ts';
import { Scraper } from '../../telemetry/control/scraper.ts';
import { SnapshotBuilder } from './snapshot-builder.ts';
import { followBackends, loadBackends } from './stored-backends.ts';
import { followDatabase, keepLevels, loadClients } from './stored-clients.ts';
import { Supervisor } from '../../threads/control/supervisor.ts';
import { GatewayTelemetry } from '../../telemetry/control/telemetry.ts';
import { WatchedText } from '../../runtime/watched-text.ts';

export interface GatewayOptions {
  readonly log: Logger;
  /** Where the traffic threads log to. Default: standard output. */
  readonly logTarget?: LogTarget;
  /** Lines of `log` that nobody took in time. Default: none. */
  readonly droppedLogLines?: () => number;
  /** Where the settings came from, to read them again; left out: there is no reload. */
  readonly source?: ConfigSource;
  /** Opened already; closed with the gateway. Left out: the one that the settings name. */
  readonly database?: Database;
}

export interface Gateway {
  /** Where clients and operators reach it: with port 0, the ports that were given. */
  readonly trafficUrl: string;
  readonly adminUrl: string;
  /** In force now. */
  readonly settings: () => Settings;
  /** Reads the configuration again; `trigger` is for the log. Rejects with GatewayError when it is wrong. */
  reload(trigger: string): Promise<ReloadReport>;
  /** Readiness says 503, new connections are taken for a while, then what runs ends. Resolves when all is closed. */
  stop(): Promise<void>;
}

/** Rejects when it cannot start; nothing is left running then. */
export async function startGateway(configured: Settings, options: GatewayOptions): Promise<Gateway> {
  const closing: (() => unknown)[] = [];
  try {
    return await start(configured, options, closing);
  } catch (error) {
    for (const close of closing.reverse()) await close();
    throw error;
  }
}

async function start(configured: Settings, options: GatewayOptions, closing: (() => unknown)[]): Promise<Gateway> {
  const { log, source = null, droppedLogLines = () => 0 } = options;
  const reusePort = await isReusePortSupported();
  const adapt = (settings: Settings): Settings =>
    reusePort ? settings : { ...settings, server: { ...settings.server, threads: 1 } };
  const settings = adapt(configured);
  const { server, admin, rateLimit } = settings;
  if (!reusePort && configured.server.threads > 1) {
    log.warn('this platform cannot share a port between threads: one traffic thread only');
  }
  warnOfOpenFiles(server.maxConnections, openFileLimit(), log);
  await assertPortFree(server.host, server.port);

  // The database opens and the threads load side by side: together they are most of a start (npm run bench: start-time).
  const opening = options.database === undefined ? openDatabase(named(settings), { log }) : options.database;
  const opened = Promise.resolve(opening);
  // Awaited further down, and it may fail before that.
  opened.catch(doNothing);
  closing.push(() => opened.then((database) => database.close(), doNothing));

  const memory = allocateSharedMemory({
    threads: server.threads,
    maxClients: rateLimit.maxClients,
    hashKey: randomFillSync(new Uint32Array(2)),
  });
  const tables = attachSharedMemory(memory, server.threads);
  const { clock } = tables;
  const limiter = new RateLimiter(tables.clients, memory.hashKey);
  const events = new EventLog(Date.now);
  const history = new BackendHistory(Date.now);
  const weights = new EffectiveWeights(tables.backends);
  // Set when there is somebody to tell.
  let readdress = doNothing;
  const hosts = new WatchedText('/etc/hosts', parseHosts);
  const dns = new DnsClient(settings.dns.servers);
  closing.push(() => dns.stop());
  const addresses: BackendAddresses = new BackendAddresses({
    lookupOf: createLookups({
      hosts: () => hosts.read(),
      rules: () => dns.rules(),
      query: (name, family) => dns.query(name, family),
      system: () => (dns.servers.length === 0 ? askSystem : null),
      delay: (ms) => new Promise((resolve) => void setTimeout(resolve, ms).unref()),
      nowMs: clock.nowMs,
    }),
    nowMs: clock.nowMs,
    schedule: runLater,
    log,
    events,
    onChange: () => readdress(),
  });
  closing.push(() => addresses.stop());
  await addresses.prepare(settings);
  const row = new BackendRow(tables.backends, 0);
  const circuits = new Circuits(tables.backends, row, Math.random);
  const health: HealthKeeper = new HealthKeeper({
    table: tables.backends,
    circuits,
    clock,
    log,
    random: Math.random,
    onChange: (id) => conditions.look(id),
    addressesOf: (backend) => addresses.known(backend),
    onAddressesDown: (id, down) => addresses.setDown(id, down),
  });
  closing.push(() => health.stop());
  const conditions = new BackendConditions({
    table: tables.backends,
    weights,
    history,
    events,
    clock,
    log,
    probeReason: (id) => health.probeReason(id),
  });
  const builder = new SnapshotBuilder({
    backends: tables.backends,
    metrics: tables.metrics,
    nowMs: clock.nowMs,
    addresses: (backend) => addresses.used(backend),
    weights,
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
      // Built to see that it can be; nobody waits here.
      queues: new WaitQueues({ table: tables.queues, thread: 0, nowMs: clock.nowMs, onWaiting: () => {} }),
    },
    health: {
      update: (snapshot) => {
        health.update(snapshot);
        conditions.update(snapshot);
      },
    },
    nowMs: clock.nowMs,
    log,
  });
  closing.push(conditions.start());

  const supervisor: Supervisor = new Supervisor(
    {
      log,
      memory,
      server,
      logSettings: settings.log,
      logTarget: options.logTarget ?? openLogTarget(1),
      reusePort,
      nowMs: clock.nowMs,
      directory: () => registry.directory(),
      onThreadDied: (thread) => releaseThread(tables, circuits, thread),
      onPassiveErrors: (backendId) => health.onPassiveErrors(backendId),
      onThreadChange: threadEvents(events),
    },
    live.snapshot,
  );
  const publish = (snapshot: Snapshot): Promise<void> => supervisor.publish(snapshot);
  let isFollowing = true;
  closing.push(() => {
    isFollowing = false;
  });
  readdress = coalesce(
    async () => {
      if (isFollowing) await live.readdress(publish);
    },
    (error) => log.error({ err: error }, 'addresses of backends cannot be put in force'),
  );
  addresses.inForce(settings);
  readdress();
  const registry: LiveClientRegistry = new LiveClientRegistry({
    limiter,
    nowMs: clock.nowMs,
    limits: () => limitPolicies(live.settings.rateLimit),
    publish: (changes) => supervisor.changeClients(changes),
  });
  let adminPort = admin.port;
  const machine = thisMachine();
  const ownAddress = (url: string): string | undefined => {
    const listeners: OwnListener[] = [
      { name: 'public', host: server.host, port: supervisor.port },
      { name: 'admin', host: admin.host, port: adminPort },
    ];
    const own = ownListener(url, listeners, machine);
    return own === undefined ? undefined : explainOwn(own);
  };
  const backends = new BackendRegistry(settings, {
    ownAddress,
    store: async () => (await opened).backends,
    apply: async (wanted) => {
      dns.use(wanted.dns.servers);
      await addresses.prepare(wanted);
      await live.apply(wanted, publish);
      addresses.inForce(wanted);
    },
    log,
  });
  closing.push(() => supervisor.stop(live.settings.server.drainTimeoutMs));
  supervisor.prepare();
  const database = await opened;
  await loadClients(database, registry, log);
  closing.push(
    await shareStickyKeys({
      database,
      ownSecret: tables.stickySecret,
      use: async (keys) => {
        builder.useStickyKeys(keys);
        // Where nobody sees a secret, there is no need for a snapshot because of it.
        if (live.settings.pools.some(({ sticky, exposeBackend }) => sticky.enabled || exposeBackend)) {
          await backends.reapply();
        }
      },
      log,
    }),
  );
  await loadBackends(database, backends, log);
  await supervisor.start();
  // Traffic flows; what operators need can take its time.
  const { buildAdminApp } = await import('./admin-app.ts');
  closing.push(keepLevels(database, registry, settings.database.saveLevelsMs, log));

  const reloader = new Reloader({
    source,
    ofFile: () => backends.fileSettings,
    inForce: () => live.settings,
    overlay: () => backends.overlay(),
    version: () => live.snapshot.version,
    adapt,
    apply: (wanted) => backends.applyFile(wanted),
    log,
    onReload: reloadEvents(events),
    wallMs: Date.now,
  });
  const telemetry = new GatewayTelemetry({
    tables,
    limiter,
    version: VERSION,
    settings: () => live.settings,
    snapshot: () => live.snapshot,
    retiredRoutes: () => builder.retiredRoutes(),
    threads: () => supervisor.threads,
    registeredClients: () => registry.size,
    probe: (id) => health.lastProbe(id),
    condition: (id) => conditions.report(id),
    addresses,
    database: () => ({ mode: database.mode, available: database.isAvailable() }),
    origin: (id) => backends.origin(id),
    configuration: () => reloader.state(),
  });
  telemetry.start();
  closing.push(() => telemetry.stop());
  const metricsHistory = new KeptMetricsHistory(() => telemetry.report());
  metricsHistory.start();
  closing.push(() => metricsHistory.stop());

  const switches = new LiveBackendSwitches({
    table: tables.backends,
    circuits,
    snapshot: () => live.snapshot,
    nowMs: clock.nowMs,
    threads: () => supervisor.threads,
    resetRows: (index) => supervisor.resetBackend(index),
    onReset: (id) => telemetry.forgetBackend(id),
    log,
  });
  const delay = new LoopDelayWatch();
  closing.push(() => delay.stop());
  const adminGate = new AdminGate({ mostDescriptor: mostAdminDescriptor(openFileLimit()), log });
  const scraper = new Scraper({
    tables,
    telemetry,
    snapshot: () => live.snapshot,
    threads: () => supervisor.threads,
    configuration: () => reloader.state(),
    nameLookups: () => addresses.totals,
    delay,
    droppedLogLines,
    refusedAdminConnections: () => adminGate.refused,
  });

  let isStopping = false;
  const app = await buildAdminApp({
    settings,
    settingsInForce: () => live.settings,
    onSettings: (listener) => live.onChange(listener),
    configuration: reloader,
    telemetry,
    history,
    scraper,
    database,
    registry,
    backends,
    switches,
    events,
    metricsHistory,
    limitReports: new LiveLimitReports({
      limiter,
      nowMs: clock.nowMs,
      settings: () => live.settings,
      limiterReport: () => telemetry.limiter(),
      blocks: registry.blocks,
      talkers: () => supervisor.talkers(),
    }),
    logger: log,
    version: VERSION,
    readiness: () => {
      const reasons: string[] = [];
      if (isStopping) reasons.push('stopping');
      if (!supervisor.threads.some((thread) => thread.state === 'running')) reasons.push('no traffic thread runs');
      for (const { index, seen } of supervisor.threads) {
        if (seen !== 'running') reasons.push(`traffic thread ${index} stands still`);
      }
      return { ready: reasons.length === 0, reasons };
    },
  });
  closing.push(() => app.close());
  closing.push(databaseEvents(events, database));
  closing.push(followDatabase(database, registry, app.clientChanges, log));
  closing.push(followBackends(database, backends, log));
  adminGate.guard(app.server);
  closing.push(adminGate.start());
  await app.listen({ host: admin.host, port: admin.port });
  const address = app.server.address();
  if (typeof address === 'object' && address !== null) adminPort = address.port;
  if (source?.path !== undefined) {
    closing.push(
      watchConfig({
        path: source.path,
        known: () => source.fingerprint,
        onChange: () => {
          // What is wrong is in the log.
          if (live.settings.reload.watch) reloader.reload('file').catch(() => {});
        },
      }),
    );
  }

  const gateway: Gateway = {
    trafficUrl: url(server.host, supervisor.port),
    adminUrl: url(admin.host, adminPort),
    settings: () => live.settings,
    reload: (trigger) => reloader.reload(trigger),
    stop: async () => {
      if (isStopping) return;
      isStopping = true;
      const { drainDelayMs } = live.settings.server;
      log.info({ drain_delay_ms: drainDelayMs }, 'stopping');
      await new Promise((resolve) => setTimeout(resolve, drainDelayMs));
      // Traffic ends first; the admin app can be asked about it until the end. Levels are saved when no thread takes
      // tokens any more.
      await supervisor.stop(live.settings.server.drainTimeoutMs);
      for (const close of closing.reverse()) await close();
      log.info('stopped');
    },
  };
  log.info(
    { gateway: gateway.trafficUrl, admin: gateway.adminUrl, threads: server.threads, database: database.mode },
    'sluice runs',
  );
  return gateway;
}

/** Clients alone could use all descriptors up: then there is none for backends. */
function warnOfOpenFiles(maxConnections: number, openFiles: number, log: Logger): void {
  const most = autoConnections(openFiles);
  if (most === 0 || (maxConnections > 0 && maxConnections <= most)) return;
  log.warn(
    { max_connections: maxConnections, open_files: openFiles, at_most: most },
    'server.max_connections is more than the limit of open files allows: raise that limit (ulimit -n), or lower the key',
  );
}

function doNothing(): void {}

function runLater(task: () => void, ms: number): () => void {
  const timer = setTimeout(task, ms).unref();
  return () => clearTimeout(timer);
}

function releaseThread(tables: SharedTables, circuits: Circuits, thread: number): void {
  for (const { index, trials } of tables.backends.releaseThread(thread)) circuits.releaseTrials(index, trials);
  tables.metrics.releaseThread(thread);
  tables.connections.releaseThread(thread);
  tables.queues.releaseThread(thread);
  tables.clients.releaseClaims(thread);
  tables.backends.bumpAvailability();
}

function url(host: string, port: number): string {
  const name = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  return `http://${name.includes(':') ? `[${name}]` : name}:${port}`;
}

/** Several gateways on one machine have ports of their own. */
function named({ database, server }: Settings): DatabaseSettings {
  return { ...database, gateway: database.gateway ?? `${hostname()}:${server.port}` };
}
