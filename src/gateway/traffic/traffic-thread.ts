/**
 * A traffic thread: attaches the tables, builds the app, and carries out the control thread's messages. Separate from
 * its worker (worker.ts), so that a test can run it in its own thread.
 */
import type { Socket } from 'node:net';
import { randomBytes } from 'node:crypto';
import type { FastifyInstance, FastifyListenOptions } from 'fastify';
import type { Logger } from 'pino';
import { maxClientDescriptor, openFileLimit } from '../../config/open-files.ts';
import { TALKER_ORDERS } from '../../limits/core/limits-vocabulary.ts';
import { topTalkers, TopTalkers } from '../../limits/core/top-talkers.ts';
import { BackendRow } from '../../backends/backend-row.ts';
import { NameRequests } from '../../acme/name-requests.ts';
import { ChallengeLookups } from '../../acme/challenge-lookups.ts';
import { KeyDirectory } from '../../auth/key-directory.ts';
import { KeyLookups } from '../../auth/key-lookups.ts';
import { ChallengeDirectory } from '../../acme/challenge-directory.ts';
import { CertificateDirectory } from '../../certificates/certificate-directory.ts';
import { openCertificate } from '../../certificates/shared-certificate.ts';
import { ClientDirectory } from '../../identity/client-directory.ts';
import { ClientQuotaDirectory, type ClientUpdate } from '../../limits/quotas/client-quotas.ts';
import { compileSnapshot, type SnapshotHolder, type SnapshotPorts } from '../../routing/live-snapshot.ts';
import { importRevision } from '../../policies/plugins/plugin-modules.ts';
import { type ImportPlugin, PluginSet } from '../../policies/plugins/plugin-set.ts';
import type { Snapshot } from '../../config/snapshot.ts';
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
import type { FromThread, ListenerPorts, ThreadStart, ToThread } from '../../threads/messages.ts';
import { TlsListener } from '../../tls/tls-listener.ts';
import { QueueRounds } from '../../balancing/queue-rounds.ts';
import { RefusalLog } from '../../connections/refusal-log.ts';
import { sendStoredAnswer } from '../../connections/send-stored-answer.ts';
import { startDrain } from '../../connections/drain.ts';
import { refusal, type TrafficServer } from '../../connections/traffic-server.ts';
import { GatewayError } from '../../errors.ts';
import { buildTrafficApp } from './traffic-app.ts';
import { Tunnels } from '../../forwarding/upgrade/tunnels.ts';
import type { ForwardedExchange } from '../../forwarding/forwarded-exchange.ts';
import { unseenExchange } from '../../forwarding/unseen-exchange.ts';
import { RouteCaches } from '../../policies/cache/route-caches.ts';
import { Upstreams } from '../../forwarding/upstreams.ts';

/** Of each order; enough that an omitted client cannot be among the first hundred of all threads. */
const MAX_TALKERS = 500;

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

/** Fastify knows it as Node's. */
function engineOf(app: FastifyInstance): TrafficServer {
  return app.server as unknown as TrafficServer;
}

/** What the thread changes with a snapshot, or has to end when it stops. */
interface Parts {
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

export class TrafficThread {
  readonly app: FastifyInstance;
  readonly tunnels: Tunnels;
  readonly #start: ThreadStart;
  readonly #post: (message: FromThread) => void;
  readonly #snapshotPorts: SnapshotPorts;
  readonly #live: SnapshotHolder;
  readonly #directory: ClientDirectory;
  readonly #clientQuotas: ClientQuotaDirectory;
  readonly #certificates: CertificateDirectory;
  readonly #challenges: ChallengeDirectory;
  readonly #parts: Parts;
  #isStopping = false;
  #plainPort = 0;
  #tlsPort = 0;
  /** Plugins of an earlier snapshot are being loaded. */
  #isLoading = false;
  #loaded = Promise.resolve();
  #endDrain: (() => void) | null = null;
  #listening = Promise.resolve();

  static async build(
    start: ThreadStart,
    log: Logger,
    post: (message: FromThread) => void,
    given: GivenParts = {},
  ): Promise<TrafficThread> {
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
      isStopping: (): boolean => thread.#isStopping,
      plainPort: (): number => thread.#plainPort,
      tlsPort: (): number => thread.#tlsPort,
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
    const parts = {
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
    const thread: TrafficThread = new TrafficThread(
      app,
      start,
      post,
      { snapshotPorts, live, directory, clientQuotas, certificates, challenges },
      parts,
    );
    return thread;
  }

  private constructor(
    app: FastifyInstance,
    start: ThreadStart,
    post: (message: FromThread) => void,
    state: {
      snapshotPorts: SnapshotPorts;
      live: SnapshotHolder;
      directory: ClientDirectory;
      clientQuotas: ClientQuotaDirectory;
      certificates: CertificateDirectory;
      challenges: ChallengeDirectory;
    },
    parts: Parts,
  ) {
    this.app = app;
    this.tunnels = parts.tunnels;
    this.#start = start;
    this.#post = post;
    this.#snapshotPorts = state.snapshotPorts;
    this.#live = state.live;
    this.#directory = state.directory;
    this.#clientQuotas = state.clientQuotas;
    this.#certificates = state.certificates;
    this.#challenges = state.challenges;
    this.#parts = parts;
  }

  /** Sends `listening` with the ports, or `failed`; nothing if it was stopped before. */
  async listen(ports: ListenerPorts): Promise<void> {
    if (this.#isStopping) return;
    this.#listening = this.#listen(ports);
    await this.#listening;
  }

  async #listen(ports: ListenerPorts): Promise<void> {
    const { server, reusePort } = this.#start;
    const options = { host: server.host, backlog: 1024, reusePort };
    let tls = ports.tls;
    try {
      // Fastify passes the options to net.Server.listen; its types do not include reusePort yet.
      await this.app.listen({ ...options, port: ports.plain } as FastifyListenOptions);
      if (tls !== null) this.#tlsPort = tls = await this.#parts.tlsListener.listen({ ...options, port: tls });
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      this.#post({ type: 'failed', code: code ?? 'ERR', message });
      return;
    }
    const address = this.app.server.address();
    const plain = typeof address === 'object' && address !== null ? address.port : ports.plain;
    this.#plainPort = plain;
    this.#post({ type: 'listening', ports: { plain, tls }, snapshot: this.#live.current.version });
  }

  /** A connection that did not come through a port. */
  accept(connection: Socket): void {
    engineOf(this.app).accept(connection);
  }

  handle(message: ToThread): void {
    switch (message.type) {
      case 'listen':
        void this.listen(message.ports);
        break;
      case 'snapshot':
        void this.#take(message.snapshot, message.id);
        break;
      case 'clients':
        this.#changeClients(message.changes);
        this.#post({ type: 'ack', id: message.id });
        break;
      case 'certificates':
        this.#certificates.apply(message.set.map(openCertificate), message.removed);
        this.#post({ type: 'ack', id: message.id });
        break;
      case 'challenges':
        this.#challenges.apply(message.challenges);
        this.#post({ type: 'ack', id: message.id });
        break;
      case 'keys':
        this.#parts.keys.apply(message.sets);
        this.#post({ type: 'ack', id: message.id });
        break;
      case 'keys_read':
        this.#parts.keyLookups.end(message.source);
        break;
      case 'challenges_read':
        this.#parts.lookups.end(message.lookup);
        break;
      case 'certificate_settled':
        this.#parts.nameRequests.settle(message.host, message.refusedForMs);
        break;
      case 'reset_backend':
        this.#parts.row.reset(message.index);
        this.#post({ type: 'ack', id: message.id });
        break;
      case 'talkers': {
        const all = [this.#parts.talkers.list(this.#parts.nowMs())];
        const talkers = new Set(TALKER_ORDERS.flatMap((by) => topTalkers(all, by, MAX_TALKERS)));
        this.#post({ type: 'talkers', id: message.id, talkers: [...talkers] });
        break;
      }
      case 'purge_caches':
        this.#post({ type: 'caches_purged', id: message.id, removed: this.#parts.caches.purge(message.purge) });
        break;
      case 'plugins':
        this.#post({ type: 'plugins', id: message.id, states: this.#parts.plugins.states() });
        break;
      case 'explain':
        void this.app.foreseeRequest(message.request).then(
          (explanation) => this.#post({ type: 'explained', id: message.id, explanation }),
          (error: unknown) => {
            this.#parts.log.error({ err: error }, 'request cannot be explained');
            this.#post({ type: 'ack', id: message.id });
          },
        );
        break;
      case 'drain':
        if (this.#isStopping) break;
        this.#endDrain?.();
        this.#endDrain = startDrain(engineOf(this.app), message.delayMs, {
          nowMs: this.#parts.nowMs,
          random: Math.random,
        });
        break;
      case 'record':
        if (message.recording === null) this.#parts.recorder.stop();
        else this.#parts.recorder.start(message.recording);
        this.#post({ type: 'ack', id: message.id });
        break;
      case 'telemetry_taken':
        (message.signal === 'traces' ? this.#parts.spans : this.#parts.logLines).taken();
        break;
      case 'batch_taken':
        this.#parts.recorder.taken();
        break;
      case 'stop':
        void this.#stop(message.drainTimeoutMs);
        break;
    }
  }

  #changeClients(changes: readonly ClientUpdate[]): void {
    const wasEmpty = this.#clientQuotas.isEmpty;
    this.#directory.apply(changes);
    this.#clientQuotas.apply(changes);
    if (this.#clientQuotas.isEmpty !== wasEmpty) this.app.reviewPolicies();
  }

  /** One after the other, as plugins may take a while to load. */
  async #take(snapshot: Snapshot, id: number): Promise<void> {
    const { log, nowMs, plugins, tunnels, upstreams, caches, tracer, tapLog } = this.#parts;
    // Without plugins, the snapshot applies before the next message is read.
    if (this.#isLoading || plugins.isConcerned(snapshot.plugins)) {
      this.#isLoading = true;
      const loaded = this.#loaded.then(() => plugins.load(snapshot.plugins));
      this.#loaded = loaded;
      await loaded;
      if (this.#loaded === loaded) this.#isLoading = false;
    }
    log.level = snapshot.logLevel;
    tracer.use(snapshot.tracing);
    tapLog(snapshot.exportsLogs);
    this.#live.current = compileSnapshot(snapshot, this.#snapshotPorts, this.#live.current);
    plugins.retire();
    const backends = [...this.#live.current.pools.values()].flatMap((pool) => pool.backends);
    upstreams.retain(backends);
    if (tunnels.size > 0) tunnels.retain(new Set(backends.map(({ index }) => index)), nowMs());
    caches.retain(snapshot.routes);
    this.#post({ type: 'ack', id });
  }

  /** No new connections; running requests may finish, with `Connection: close`; then everything is cut. */
  async #stop(drainTimeoutMs: number): Promise<void> {
    if (this.#isStopping) return;
    this.#isStopping = true;
    const { gate, nameRequests, plugins, spans, logLines, tlsListener, tunnels, upstreams, stopRounds } = this.#parts;
    this.#endDrain?.();
    gate.stop();
    nameRequests.stop();
    // If it is closed just before it listens, the server would listen all the same.
    await this.#listening;
    const cut = setTimeout(() => this.app.server.closeAllConnections(), drainTimeoutMs);
    const cutTunnels = setTimeout(() => tunnels.destroyAll(), this.#start.server.streamDrainTimeoutMs);
    await Promise.all([this.app.close(), tlsListener.close()]);
    clearTimeout(cut);
    clearTimeout(cutTunnels);
    upstreams.destroy();
    plugins.close();
    await stopRounds();
    spans.flush();
    logLines.flush();
    this.#post({ type: 'stopped' });
  }
}
