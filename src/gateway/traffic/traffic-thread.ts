/**
 * A traffic thread: carries out the control thread's messages. Separate from its worker (worker.ts), so that a test can
 * run it in its own thread.
 */
import type { Socket } from 'node:net';
import type { FastifyInstance, FastifyListenOptions } from 'fastify';
import type { Logger } from 'pino';
import { TALKER_ORDERS } from '../../limits/core/limits-vocabulary.ts';
import { topTalkers } from '../../limits/core/top-talkers.ts';
import { openCertificate } from '../../certificates/shared-certificate.ts';
import type { ClientUpdate } from '../../limits/quotas/client-quotas.ts';
import { compileSnapshot } from '../../routing/live-snapshot.ts';
import type { Snapshot } from '../../config/snapshot.ts';
import type { FromThread, ListenerPorts, ThreadStart, ToThread } from '../../threads/messages.ts';
import { startDrain } from '../../connections/drain.ts';
import { buildThreadParts, engineOf, type GivenParts, type ThreadCondition, type ThreadParts } from './thread-parts.ts';
import type { Tunnels } from '../../forwarding/upgrade/tunnels.ts';

/** Of each order; enough that an omitted client cannot be among the first hundred of all threads. */
const MAX_TALKERS = 500;

export class TrafficThread {
  readonly app: FastifyInstance;
  readonly tunnels: Tunnels;
  readonly #start: ThreadStart;
  readonly #post: (message: FromThread) => void;
  readonly #parts: ThreadParts;
  readonly #condition: ThreadCondition;
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
    const condition: ThreadCondition = { isStopping: false, plainPort: 0, tlsPort: 0 };
    const parts = await buildThreadParts(start, log, post, condition, given);
    return new TrafficThread(start, post, parts, condition);
  }

  private constructor(
    start: ThreadStart,
    post: (message: FromThread) => void,
    parts: ThreadParts,
    condition: ThreadCondition,
  ) {
    this.app = parts.app;
    this.tunnels = parts.tunnels;
    this.#start = start;
    this.#post = post;
    this.#parts = parts;
    this.#condition = condition;
  }

  /** Sends `listening` with the ports, or `failed`; nothing if it was stopped before. */
  async listen(ports: ListenerPorts): Promise<void> {
    if (this.#condition.isStopping) return;
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
      if (tls !== null) this.#condition.tlsPort = tls = await this.#parts.tlsListener.listen({ ...options, port: tls });
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      this.#post({ type: 'failed', code: code ?? 'ERR', message });
      return;
    }
    const address = this.app.server.address();
    const plain = typeof address === 'object' && address !== null ? address.port : ports.plain;
    this.#condition.plainPort = plain;
    this.#post({ type: 'listening', ports: { plain, tls }, snapshot: this.#parts.live.current.version });
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
        this.#parts.certificates.apply(message.set.map(openCertificate), message.removed);
        this.#post({ type: 'ack', id: message.id });
        break;
      case 'challenges':
        this.#parts.challenges.apply(message.challenges);
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
        if (this.#condition.isStopping) break;
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
        (message.signal === 'traces' ? this.#parts.spans : this.#parts.logLines).taken(message.memory);
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
    const wasEmpty = this.#parts.clientQuotas.isEmpty;
    this.#parts.directory.apply(changes);
    this.#parts.clientQuotas.apply(changes);
    if (this.#parts.clientQuotas.isEmpty !== wasEmpty) this.app.reviewPolicies();
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
    this.#parts.live.current = compileSnapshot(snapshot, this.#parts.snapshotPorts, this.#parts.live.current);
    plugins.retire();
    const backends = [...this.#parts.live.current.pools.values()].flatMap((pool) => pool.backends);
    upstreams.retain(backends);
    if (tunnels.size > 0) tunnels.retain(new Set(backends.map(({ index }) => index)), nowMs());
    caches.retain(snapshot.routes);
    this.#post({ type: 'ack', id });
  }

  /** No new connections; running requests may finish, with `Connection: close`; then everything is cut. */
  async #stop(drainTimeoutMs: number): Promise<void> {
    if (this.#condition.isStopping) return;
    this.#condition.isStopping = true;
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
