/** The control thread: starts its parts in the order of their dependencies, and closes them in the reverse order. */
import type { ListenerPorts } from '../../threads/messages.ts';
import Fastify, { type FastifyInstance, type InjectOptions, type LightMyRequestResponse } from 'fastify';
import type { Logger } from 'pino';
import { openDatabase } from '../../../drizzle/open-database.ts';
import addresses from '../../../plugins/control/addresses.ts';
import adminPlugin from '../../../plugins/control/admin.ts';
import authKeys from '../../../plugins/control/auth-keys.ts';
import automaticCertificates from '../../../plugins/control/automatic-certificates.ts';
import certificates from '../../../plugins/control/certificates.ts';
import circuitOrders from '../../../plugins/control/circuit-orders.ts';
import database from '../../../plugins/control/database.ts';
import discovery from '../../../plugins/control/discovery.ts';
import eventLog from '../../../plugins/control/event-log.ts';
import fleet from '../../../plugins/control/fleet.ts';
import health from '../../../plugins/control/health.ts';
import otlp from '../../../plugins/control/telemetry/otlp.ts';
import reload from '../../../plugins/control/reload.ts';
import scaling from '../../../plugins/control/scaling.ts';
import sharedLimits from '../../../plugins/control/shared-limits.ts';
import snapshots from '../../../plugins/control/snapshots.ts';
import tables from '../../../plugins/control/tables.ts';
import telemetry from '../../../plugins/control/telemetry/telemetry.ts';
import threads from '../../../plugins/control/threads.ts';
import traffic from '../../../plugins/control/traffic.ts';
import uploadedCertificates from '../../../plugins/control/uploaded-certificates.ts';
import { explainOwn, ownListener, type OwnListener, thisMachine } from '../../config/check/own-address.ts';
import type { ConfigSource } from '../../config/file/source.ts';
import { autoConnections, maxAdminDescriptor, openFileLimit } from '../../config/open-files.ts';
import type { Settings } from '../../config/settings.ts';
import { cpuQuota } from '../../config/usable-cpus.ts';
import type { Database } from '../../database/database-port.ts';
import type { EventLog } from '../../events/event-log.ts';
import { gatewayName, loggedName } from '../../fleet/gateway-name.ts';
import type { ReloadReport } from '../../reload/configuration.ts';
import type { LogTap } from '../../otlp/log-tap.ts';
import { type LogTarget, openLogTarget } from '../../runtime/log-sink.ts';
import type { Readiness } from '../../telemetry/readiness.ts';
import { AdminGate } from './admin-gate.ts';
import { assertPortFree, isReusePortSupported } from './listening.ts';

export interface GatewayOptions {
  readonly log: Logger;
  /** Where the traffic threads log to. Default: standard output. */
  readonly logTarget?: LogTarget;
  /** The process runs nothing but the gateway: its threads may set V8's flags. Default: false. */
  readonly isOwnProcess?: boolean;
  /** Lines of `log` that were not consumed in time. Default: none. */
  readonly droppedLogLines?: () => number;
  /** Gets the lines of `log`, to export them. Default: none are. */
  readonly logTap?: LogTap;
  /** The source of the settings, to read them again; undefined: there is no reload. */
  readonly source?: ConfigSource;
  /** Already open; closed with the gateway. Undefined: the one in the settings. */
  readonly database?: Database;
  /** The embedded database has no file. Default: false. */
  readonly inMemory?: boolean;
  /** Gets the lines of traffic threads if `logTarget` is a `worker`. */
  readonly onLogLine?: ((line: string) => void) | undefined;
  /** Changes settings whenever they are read. Default: they stay. */
  readonly adapt?: (settings: Settings) => Settings;
}

export interface Gateway {
  /** Addresses for clients and operators: with port 0, the assigned ports. */
  readonly trafficUrl: string;
  /** Null: no TLS for clients. */
  readonly tlsUrl: string | null;
  readonly adminUrl: string;
  /** The current settings. */
  readonly settings: () => Settings;
  readonly events: EventLog;
  /** As `GET /readyz` on the admin port reports it. */
  readonly readiness: () => Readiness;
  /** A request to the admin port without a connection. */
  readonly adminRequest: (request: InjectOptions) => Promise<LightMyRequestResponse>;
  /** Reads the configuration again; `trigger` is for the log. Rejects with GatewayError if it is invalid. */
  reload(trigger: string): Promise<ReloadReport>;
  /**
   * Readiness reports 503, new connections are still accepted for a while, then running work ends. Resolves when
   * everything is closed.
   */
  stop(): Promise<void>;
}

/** Rejects if it cannot start; nothing is left running then. */
export async function startGateway(configured: Settings, options: GatewayOptions): Promise<Gateway> {
  const { log, source = null, droppedLogLines = () => 0 } = options;
  const reusePort = await isReusePortSupported();
  const adapt = (read: Settings): Settings => {
    const wanted = options.adapt?.(read) ?? read;
    return reusePort ? wanted : { ...wanted, server: { ...wanted.server, threads: 1 } };
  };
  const settings = adapt(configured);
  const { server, admin } = settings;
  if (!reusePort && configured.server.threads > 1) {
    log.warn('this platform cannot share a port between threads: one traffic thread only');
  }
  warnOfOpenFiles(server.maxConnections, openFileLimit(), log);
  await assertPortFree(server.host, server.port);
  if (settings.tls !== null) await assertPortFree(server.host, settings.tls.port);

  const name = gatewayName(settings);
  // The database opens while the threads load: together they are most of a start (npm run bench: start-time).
  const { inMemory = false } = options;
  const opening = Promise.resolve(
    options.database ?? openDatabase({ ...settings.database, gateway: name }, { log, inMemory }),
  );
  // A plugin awaits it, and it may fail before that.
  opening.catch(doNothing);
  const machine = thisMachine();
  const ownAddress = (url: string): string | undefined => {
    const listeners: OwnListener[] = [
      ...publicPorts(app.supervisor.ports).map((port) => ({ name: 'public' as const, host: server.host, port })),
      { name: 'admin', host: admin.host, port: app.hasDecorator('adminPort') ? app.adminPort() : admin.port },
    ];
    const own = ownListener(url, listeners, machine);
    return own === undefined ? undefined : explainOwn(own);
  };
  const gate = new AdminGate({ maxDescriptor: maxAdminDescriptor(openFileLimit()), log });
  let isStopping = false;

  // It listens nowhere: Fastify loads the parts in this order, and closes them in reverse.
  const app: FastifyInstance = Fastify({ logger: false, pluginTimeout: 0 });
  app.addHook('onClose', () => opening.then((database) => database.close(), doNothing));
  app.register(tables, { settings });
  app.register(eventLog);
  app.register(addresses, { settings, log });
  app.register(health, { log });
  app.register(snapshots, { settings, log });
  app.register(certificates, {
    settings,
    cwd: source?.cwd ?? process.cwd(),
    ...(source === null ? {} : { pairs: source.takePairs() }),
    log,
  });
  // Parts that come before the fleet use these later.
  const isLeader = (): boolean => app.hasDecorator('fleet') && app.fleet.isLeader;
  const isNamesake = (): boolean => app.hasDecorator('fleet') && app.fleet.isNamesake;
  const ownName = (): string => (app.hasDecorator('fleet') ? app.fleet.ownName : name);
  app.register(automaticCertificates, { settings, gateway: ownName, log });
  app.register(uploadedCertificates, { settings, log });
  app.register(authKeys, { cwd: source?.cwd ?? process.cwd(), log });
  app.register(otlp, { name: ownName, logTap: options.logTap ?? null, log });
  app.register(threads, {
    settings,
    log,
    logTarget: options.logTarget ?? openLogTarget(1),
    onLogLine: options.onLogLine,
    gateway: loggedName(settings),
    isOwnProcess: options.isOwnProcess,
    reusePort,
  });
  app.register(database, { settings, opening, ownAddress, isLeader, isNamesake, log });
  app.register(fleet, { settings, name, log });
  app.register(sharedLimits, { settings, log });
  app.register(circuitOrders, { log });
  app.register(discovery, { cwd: source?.cwd ?? process.cwd(), ownAddress, log });
  app.register(traffic);
  app.register(reload, { settings, source, adapt, log });
  app.register(scaling, { cpuQuota: cpuQuota() });
  app.register(telemetry, { settings, log, droppedLogLines, refusedAdminConnections: () => gate.refused });
  app.register(adminPlugin, { settings, gate, isStopping: () => isStopping, log });
  try {
    await app.ready();
  } catch (error) {
    await app.close();
    throw error;
  }

  const { live, reloader, supervisor } = app;
  const gateway: Gateway = {
    trafficUrl: url(server.host, supervisor.ports.plain),
    tlsUrl: supervisor.ports.tls === null ? null : url(server.host, supervisor.ports.tls, 'https'),
    adminUrl: url(admin.host, app.adminPort(), admin.tls ? 'https' : 'http'),
    settings: () => live.settings,
    events: app.events,
    readiness: app.readiness,
    adminRequest: app.adminRequest,
    reload: (trigger) => reloader.reload(trigger),
    stop: async () => {
      if (isStopping) return;
      isStopping = true;
      const { drainDelayMs } = live.settings.server;
      log.info({ drain_delay_ms: drainDelayMs }, 'stopping');
      if (drainDelayMs > 0) {
        supervisor.drain(drainDelayMs);
        await new Promise((resolve) => setTimeout(resolve, drainDelayMs));
      }
      // Traffic ends first; the admin app can report on it until the end. Levels are saved once no thread takes tokens
      // any more.
      await supervisor.stop(live.settings.server.drainTimeoutMs);
      await app.close();
      log.info('stopped');
    },
  };
  log.info(
    {
      gateway: gateway.trafficUrl,
      ...(gateway.tlsUrl === null ? {} : { tls: gateway.tlsUrl }),
      admin: gateway.adminUrl,
      threads: server.threads,
      database: app.database.mode,
    },
    'sluice runs',
  );
  return gateway;
}

/** Clients alone could use up all descriptors, leaving none for backends. */
function warnOfOpenFiles(maxConnections: number, openFiles: number, log: Logger): void {
  const max = autoConnections(openFiles);
  if (max === 0 || (maxConnections > 0 && maxConnections <= max)) return;
  log.warn(
    { max_connections: maxConnections, open_files: openFiles, at_most: max },
    'server.max_connections exceeds what the limit of open files allows: raise that limit (ulimit -n), or lower the key',
  );
}

function doNothing(): void {}

function url(host: string, port: number, scheme = 'http'): string {
  const name = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  return `${scheme}://${name.includes(':') ? `[${name}]` : name}:${port}`;
}

function publicPorts({ plain, tls }: ListenerPorts): number[] {
  return tls === null ? [plain] : [plain, tls];
}
