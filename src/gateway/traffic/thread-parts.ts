/**
 * The parts of a traffic thread: attaches the tables, and builds the app and what works beside it. traffic-thread.ts
 * carries out the messages of the control thread with them.
 */
import { randomBytes } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import { maxClientDescriptor, openFileLimit } from '../../config/open-files.ts';
import { TopTalkers } from '../../limits/core/top-talkers.ts';
import { BackendRow } from '../../backends/backend-row.ts';
import { NameRequests } from '../../acme/name-requests.ts';
import { ChallengeLookups } from '../../acme/challenge-lookups.ts';
import { KeyDirectory } from '../../auth/key-directory.ts';
import { KeyLookups } from '../../auth/key-lookups.ts';
import { ChallengeDirectory } from '../../acme/challenge-directory.ts';
import { CertificateDirectory } from '../../certificates/certificate-directory.ts';
import { openCertificate } from '../../certificates/shared-certificate.ts';
import { ClientDirectory } from '../../identity/client-directory.ts';
import { ClientQuotaDirectory } from '../../limits/quotas/client-quotas.ts';
import { compileSnapshot, type SnapshotHolder, type SnapshotPorts } from '../../routing/live-snapshot.ts';
import { importRevision } from '../../policies/plugins/plugin-modules.ts';
import { type ImportPlugin, PluginSet } from '../../policies/plugins/plugin-set.ts';
import type { SharedClock } from '../../runtime/shared-clock.ts';
import { compilePolicies } from '../../policies/compile-policies.ts';
import { RateLimiter } from '../../limits/rate-limiter.ts';
import { SharedTakes } from '../../limits/shared/shared-take.ts';
import { connectThreadLimits } from '../../limits/shared/thread-limits.ts';
import { Outbox } from '../../otlp/outbox.ts';
import type { LogTap } from '../../otlp/log-tap.ts';
import { Tracer } from '../../tracing/traffic/tracer.ts';
import { peerAddress } from '../../http/peer-address.ts';
import { Recorder } from '../../recording/traffic/recorder.ts';
import { Occasionally } from '../../core/occasionally.ts';
import { repeat } from '../../runtime/repeat.ts';
import { attachSharedMemory } from '../../threads/shared-memory.ts';
import { PlacementRow } from '../../balancing/placement-table.ts';
import { WaitQueues } from '../../balancing/wait-queues.ts';
import { ConnectionGate } from '../../connections/connection-gate.ts';
import { startConnectionRounds } from '../../connections/connection-rounds.ts';
import type { FromThread, ThreadStart } from '../../threads/messages.ts';
import { TlsListener } from '../../tls/tls-listener.ts';
import { QueueRounds } from '../../balancing/queue-rounds.ts';
import { RefusalLog } from '../../connections/refusal-log.ts';
import { sendStoredAnswer } from '../../connections/send-stored-answer.ts';
import { refusal, type TrafficServer } from '../../connections/traffic-server.ts';
import { GatewayError } from '../../errors.ts';
import { buildTrafficApp } from './traffic-app.ts';
import { Tunnels } from '../../forwarding/upgrade/tunnels.ts';
import type { ForwardedExchange } from '../../forwarding/forwarded-exchange.ts';
import { unseenExchange } from '../../forwarding/unseen-exchange.ts';
import { RouteCaches } from '../../policies/cache/route-caches.ts';
import { Upstreams } from '../../forwarding/upstreams.ts';

/** Interval between heartbeats. */
const BEAT_MS = 100;

const SECOND_MS = 1000;

/** Between two batches of spans, or of lines of the log. */
const TELEMETRY_MS = 1000;

/** Between two batches of a recording. */
const BATCH_MS = 200;

const NO_TLS = { error: new GatewayError('GW_TLS_REQUIRED'), request: undefined, isAborted: false };

/** How often a thread says that a certificate on demand is in use: keep_unused_days counts days. */
const USED_MS = 3_600_000;

const HTTP1_PROTOCOLS = ['http/1.1', 'http/1.0'];

/** What changes while the thread runs. */
export interface ThreadCondition {
  isStopping: boolean;
  plainPort: number;
  tlsPort: number;
}

/** What the thread changes with messages, or has to end when it stops. */
export interface ThreadParts {
  readonly app: FastifyInstance;
  readonly snapshotPorts: SnapshotPorts;
  readonly live: SnapshotHolder;
  readonly directory: ClientDirectory;
  readonly clientQuotas: ClientQuotaDirectory;
  readonly certificates: CertificateDirectory;
  readonly challenges: ChallengeDirectory;
  readonly log: Logger;
  readonly row: BackendRow;
  readonly plugins: PluginSet;
  readonly upstreams: ThreadUpstreams;
  readonly caches: RouteCaches;
  readonly gate: ConnectionGate;
  readonly tlsListener: TlsListener;
  readonly nameRequests: NameRequests;
  readonly lookups: ChallengeLookups;
  readonly keys: KeyDirectory;
  readonly keyLookups: KeyLookups;
  readonly tunnels: Tunnels;
  readonly talkers: TopTalkers;
  readonly recorder: Recorder;
  readonly tracer: Tracer;
  readonly spans: Outbox;
  readonly logLines: Outbox;
  /** True: lines of the log are exported. */
  readonly tapLog: (isOn: boolean) => void;
  readonly nowMs: () => number;
  readonly stopRounds: () => Promise<void>;
}

type ThreadUpstreams = Pick<Upstreams, 'to' | 'retain' | 'destroy'>;

/** What a test gives in place of the real thing. */
export interface GivenParts {
  readonly importPlugin?: ImportPlugin;
  /** Of the thread's log. */
  readonly logTap?: LogTap;
  readonly clock?: SharedClock;
  readonly upstreams?: ThreadUpstreams;
}

/** Fastify knows it as Node's. */
export function engineOf(app: FastifyInstance): TrafficServer {
  return app.server as unknown as TrafficServer;
}

export async function buildThreadParts(
  start: ThreadStart,
  log: Logger,
  post: (message: FromThread) => void,
  condition: ThreadCondition,
  given: GivenParts,
): Promise<ThreadParts> {
  const attached = attachSharedMemory(start.memory, start.index);
  const tables = given.clock === undefined ? attached : { ...attached, clock: given.clock };
  const row = new BackendRow(tables.backends, start.index);
  const { nowMs } = tables.clock;
  const queueRounds = new QueueRounds(tables.queues, start.index, nowMs);
  const plugins = new PluginSet(
    { log, clock: tables.clock, random: Math.random, counters: tables.pluginCounters, thread: start.index },
    given.importPlugin ?? importRevision,
  );
  await plugins.load(start.snapshot.plugins);
  const snapshotPorts: SnapshotPorts = {
    policiesOf: (route, asserted) => compilePolicies(route, asserted, (names) => plugins.chain(names)),
    table: tables.backends,
    row,
    random: Math.random,
    turns: tables.turns,
    stickySecret: tables.stickySecret,
    queues: new WaitQueues({ table: tables.queues, thread: start.index, nowMs, onWaiting: queueRounds.add }),
    placements: new PlacementRow(tables.placements, start.index),
  };
  const live = { current: compileSnapshot(start.snapshot, snapshotPorts) };
  const directory = new ClientDirectory();
  const clientQuotas = new ClientQuotaDirectory();
  const certificates = new CertificateDirectory(start.certificates.map(openCertificate));
  const challenges = new ChallengeDirectory(start.challenges);
  const lookups = new ChallengeLookups({ ask: (lookup) => post({ type: 'challenge_missed', lookup }), nowMs });
  const keys = new KeyDirectory(start.keySets);
  const keyLookups = new KeyLookups({ ask: (source) => post({ type: 'keys_missed', source }), nowMs });
  // Without automatic certificates there are no challenges.
  const isAutomatic = (): boolean => live.current.tls?.isAutomatic === true;
  const upstreams = given.upstreams ?? new Upstreams(nowMs);
  const limiter = new RateLimiter(tables.clients, start.memory.hashKey);
  const { redis } = start;
  const threadLimits =
    redis === null
      ? null
      : connectThreadLimits({
          thread: start.index,
          redis,
          clients: tables.clients,
          table: tables.sharedLimits,
          settings: () => live.current.rateLimit.shared,
          nowMs,
        });
  const { metrics } = tables;
  const talkers = new TopTalkers((demand) => post({ type: 'demand', demand }));
  const recorder = new Recorder({
    post: (batch) => post({ type: 'recorded', batch }),
    random: Math.random,
    later: (callback) => void setTimeout(callback, BATCH_MS).unref(),
  });
  const laterTelemetry = (callback: () => void): void => void setTimeout(callback, TELEMETRY_MS).unref();
  const spans = new Outbox(',', {
    post: (batch) => post({ type: 'telemetry', signal: 'traces', batch }),
    later: laterTelemetry,
  });
  const logLines = new Outbox('', {
    post: (batch) => post({ type: 'telemetry', signal: 'logs', batch }),
    later: laterTelemetry,
  });
  const { logTap = null } = given;
  const tapLog = (isOn: boolean): void => {
    if (logTap !== null) logTap.onLine = isOn ? (line) => logLines.add(line) : null;
  };
  tapLog(start.snapshot.exportsLogs);
  const tracer = new Tracer({
    spans,
    isPeerTrusted: ({ socket }) => {
      const known = socket.sluiceCaller;
      if (known !== undefined && known.settings === live.current) return known.isTrusted;
      return live.current.trustProxy.find(peerAddress(socket)) === true;
    },
    random: Math.random,
    nowMs,
    wallMs: Date.now,
  });
  tracer.use(start.snapshot.tracing);
  const tunnels = new Tunnels(metrics, start.index, start.server.streamDrainTimeoutMs);
  const refusals = new RefusalLog(log, nowMs);
  const gate = new ConnectionGate({
    thread: start.index,
    server: start.server,
    live,
    table: tables.connections,
    metrics,
    hash: (key) => limiter.hash(key),
    refusals,
    maxDescriptor: maxClientDescriptor(openFileLimit()),
  });
  const caches = new RouteCaches({
    threads: start.memory.threads,
    nowMs,
    wallMs: (atMs) => tables.clock.wallMs(atMs),
    changes: tables.changes,
    count: (route, counter) => metrics.countCache(start.index, route, counter),
    onBytes: (bytes) => metrics.setCacheBytes(start.index, bytes),
    onRouteBytes: (route, bytes) => metrics.setRouteCacheBytes(start.index, route, bytes),
    send: (exchange, answer) => sendStoredAnswer(exchange as ForwardedExchange, answer),
    unseen: (exchange) => unseenExchange(exchange, nowMs()),
    forward: (unseen) => app.forwardUnseen(unseen as ForwardedExchange),
  });
  const app: FastifyInstance = await buildTrafficApp({
    thread: start.index,
    log,
    server: start.server,
    tables,
    live,
    row,
    limiter,
    shared: threadLimits === null ? null : new SharedTakes(limiter, threadLimits.limits),
    directory,
    clientQuotas,
    certificates,
    challenges,
    keys,
    keyLookups,
    lookUpChallenge: (token) => (isAutomatic() ? lookups.startForToken(token) : undefined),
    talkers,
    recorder,
    tracer,
    upstreams,
    caches,
    gate,
    tunnels,
    random: Math.random,
    idPrefix: randomBytes(6).toString('base64url'),
    isStopping: (): boolean => condition.isStopping,
    plainPort: (): number => condition.plainPort,
    tlsPort: (): number => condition.tlsPort,
    onPassiveErrors: (backendId) => post({ type: 'passive_errors', backendId }),
  });
  const stopConnectionRounds = startConnectionRounds({ open: gate.open, tunnels, refusals }, start.server, nowMs);
  const stopHeart = repeat(() => tables.heartbeats.beat(start.index), BEAT_MS);
  const stopDemand = repeat(() => talkers.endSecond(nowMs()), SECOND_MS);
  const stopRounds = async (): Promise<void> => {
    void stopHeart();
    void stopDemand();
    void stopConnectionRounds();
    queueRounds.stop();
    await threadLimits?.close();
  };
  const nameRequests = new NameRequests({ ask: (host) => post({ type: 'certificate_wanted', host }), nowMs });
  const used = new Occasionally(USED_MS);
  const tlsListener = new TlsListener({
    gate,
    protocols: start.server.http2.enabled ? ['h2', ...HTTP1_PROTOCOLS] : HTTP1_PROTOCOLS,
    certificates,
    challenges,
    lookUpChallenge: (name) => (isAutomatic() ? lookups.start(name) : undefined),
    onDemand: {
      request: (name) => {
        const limits = live.current.tls?.onDemand ?? null;
        return limits === null ? undefined : nameRequests.request(name, limits);
      },
      onUsed: ({ id }) => {
        if (used.isDue(id, nowMs())) post({ type: 'certificate_used', certificate: id });
      },
    },
    settings: () => live.current.tls!,
    clientAuth: () => live.current.clientAuth,
    ticketSecret: tables.ticketSecret,
    wallMs: tables.clock.wallNowMs,
    answerPlain: (socket) => refusal(app.reportRefused, socket, NO_TLS),
    accept: (secure) => engineOf(app).accept(secure),
  });
  return {
    app,
    snapshotPorts,
    live,
    directory,
    clientQuotas,
    certificates,
    challenges,
    log,
    row,
    plugins,
    upstreams,
    caches,
    gate,
    tlsListener,
    nameRequests,
    lookups,
    keys,
    keyLookups,
    tunnels,
    talkers,
    recorder,
    tracer,
    spans,
    logLines,
    tapLog,
    nowMs,
    stopRounds,
  };
}
