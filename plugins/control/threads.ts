/** The traffic threads: they load from here on, and listen once the plugin `traffic` starts them. */
import type { FastifyInstance } from 'fastify';
import fp from 'fastify-plugin';
import type { Logger } from 'pino';
import type { Circuits } from '../../src/breaker/circuits.ts';
import type { Settings } from '../../src/config/settings.ts';
import type { Snapshot } from '../../src/config/snapshot.ts';
import { threadEvents } from '../../src/gateway/control/gateway-events.ts';
import { LiveClientRegistry } from '../../src/limits/control/client-registry.ts';
import { DemandHistory } from '../../src/limits/core/demand-history.ts';
import { limitPolicies } from '../../src/limits/limit-policy.ts';
import { coalesce } from '../../src/runtime/coalesce.ts';
import { secretNamesOf } from '../../src/recording/secret-names-of.ts';
import { Recordings } from '../../src/recording/control/recordings.ts';
import type { LogTarget } from '../../src/runtime/log-sink.ts';
import { Supervisor } from '../../src/threads/control/supervisor.ts';
import type { SharedTables } from '../../src/threads/shared-memory.ts';

declare module 'fastify' {
  interface FastifyInstance {
    readonly supervisor: Supervisor;
    /** Resolves when every thread runs on the snapshot. */
    readonly publish: (snapshot: Snapshot) => Promise<void>;
    readonly clientRegistry: LiveClientRegistry;
    /** What clients asked of their limits. */
    readonly demandHistory: DemandHistory;
    readonly recordings: Recordings;
  }
}

export interface ThreadsOptions {
  readonly settings: Settings;
  readonly log: Logger;
  readonly logTarget: LogTarget;
  /** Gets the lines of the threads if the target is a `worker`. */
  readonly onLogLine?: ((line: string) => void) | undefined;
  /** Name of this gateway in log lines. Default: none. */
  readonly gateway?: string | undefined;
  /** The process runs nothing but the gateway. Default: false. */
  readonly isOwnProcess?: boolean | undefined;
  readonly reusePort: boolean;
}

async function threads(app: FastifyInstance, options: ThreadsOptions): Promise<void> {
  const { settings, log, logTarget, onLogLine, gateway, isOwnProcess, reusePort } = options;
  const {
    authKeys: keys,
    automaticCertificates: automatic,
    backendAddresses: addresses,
    certificates,
    circuits,
    events,
    health,
    limiter,
    live,
    memory,
    otlp,
    tables,
    uploadedCertificates: uploads,
  } = app;
  const { nowMs } = tables.clock;
  const demand = new DemandHistory(Math.floor(nowMs() / 1000), (key) => limiter.isRegistered(key));
  const supervisor: Supervisor = new Supervisor(
    {
      log,
      memory,
      server: settings.server,
      tls: settings.tls,
      redis: settings.redis,
      logSettings: settings.log,
      logTarget,
      onLogLine,
      gateway,
      isOwnProcess,
      reusePort,
      nowMs,
      directory: () => registry.directory(),
      certificates: () => [...certificates.served, ...automatic.served, ...uploads.served],
      challenges: () => automatic.challenges,
      keySets: () => keys.sets,
      onThreadDied: (thread) => releaseThread(tables, circuits, thread),
      onPassiveErrors: (backendId) => health.onPassiveErrors(backendId),
      onCertificateWanted: (host) => automatic.want(host),
      onChallengeMissed: () => automatic.readChallenges(),
      onDemand: (seen) => demand.add(seen),
      onRecorded: (batch) => recordings.add(batch),
      onTelemetry: (signal, batch) => otlp.add(signal, batch),
      onKeysMissed: (source) => keys.want(source),
      onCertificateUsed: (id) => automatic.noteUse(id),
      onThreadChange: threadEvents(events),
    },
    live.snapshot,
  );
  const registry: LiveClientRegistry = new LiveClientRegistry({
    limiter,
    nowMs,
    limits: () => limitPolicies(live.settings.rateLimit),
    publish: (changes) => supervisor.changeClients(changes),
  });
  const recordings: Recordings = new Recordings({
    change: (recording) => supervisor.changeRecording(recording),
    routes: () => live.settings.routes.map(({ name }) => name),
    secretNames: () => secretNamesOf(live.settings),
    gateway: () => gateway ?? '',
    nowMs,
    wallMs: (atMs) => tables.clock.wallMs(atMs),
    after: (ms, callback) => {
      const timer = setTimeout(callback, ms).unref();
      return () => clearTimeout(timer);
    },
    log,
  });
  keys.connect((sets) => supervisor.changeKeys(sets));
  automatic.connect(supervisor);
  uploads.connect((set, removed) => supervisor.changeCertificates(set, removed));
  supervisor.followCertificates(() => {
    uploads.use().catch((error: unknown) => log.error({ err: error }, 'uploaded certificates cannot be applied'));
  });
  certificates.connect((set, removed) => supervisor.changeCertificates(set, removed));
  const publish = (snapshot: Snapshot): Promise<void> => supervisor.publish(snapshot);
  app.decorate('supervisor', supervisor);
  app.decorate('publish', publish);
  app.decorate('clientRegistry', registry);
  app.decorate('demandHistory', demand);
  app.decorate('recordings', recordings);
  app.addHook('onClose', async () => recordings.close());

  let isFollowing = true;
  app.addHook('onClose', async () => {
    isFollowing = false;
  });
  const readdress = coalesce(
    async () => {
      if (isFollowing) await live.readdress(publish);
    },
    (error) => log.error({ err: error }, 'backend addresses cannot be applied'),
  );
  app.onAddressChange(readdress);
  addresses.setCurrent(settings);
  readdress();

  app.addHook('onClose', () => supervisor.stop(live.settings.server.drainTimeoutMs));
  supervisor.prepare();
}

function releaseThread(tables: SharedTables, circuits: Circuits, thread: number): void {
  for (const { index, trials } of tables.backends.releaseThread(thread)) circuits.releaseTrials(index, trials);
  tables.metrics.releaseThread(thread);
  tables.connections.releaseThread(thread);
  tables.queues.releaseThread(thread);
  tables.clients.releaseClaims(thread);
  tables.inFlight.releaseThread(thread);
  tables.quotas.releaseThread(thread);
  tables.backends.bumpAvailability();
}

export default fp(threads, {
  name: 'threads',
  dependencies: ['snapshots', 'auth-keys', 'otlp', 'uploaded-certificates'],
});
