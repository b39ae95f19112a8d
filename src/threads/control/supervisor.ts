/**
 * Starts the traffic threads, keeps them running, and sends every change to all of them.
 *
 * A thread that dies is replaced: at once the first time, then with back-off. Its rows in the shared tables are
 * cleared, so that its work in progress does not count forever. Changes made meanwhile reach the new thread with its
 * start. A thread whose heartbeat stops is ended, and so replaced like one that died.
 */
import { Worker } from 'node:worker_threads';
import type { SharedKeySet } from '../../auth/key-directory.ts';
import type { Challenge } from '../../acme/challenge.ts';
import type { SharedCertificate } from '../../certificates/shared-certificate.ts';
import type { Snapshot } from '../../config/snapshot.ts';
import { type Pulse, type PulseSettings, ThreadPulse } from '../core/thread-pulse.ts';
import type { ExplainedRequest, ThreadExplanation } from '../../explain/core/thread-explanation.ts';
import type { PluginState } from '../../plugin-kit/core/plugin-state.ts';
import type { CachePurge } from '../../policies/cache/core/cache-purger.ts';
import type { Talker } from '../../limits/core/top-talkers.ts';
import { logWriter, releaseLogTurn } from '../../runtime/log-sink.ts';
import type { ClientUpdate } from '../../limits/quotas/client-quotas.ts';
import type { RecordingSpec } from '../../recording/recording-spec.ts';
import { repeat } from '../../runtime/repeat.ts';
import { workerArguments } from '../../config/code/worker-arguments.ts';
import { PluginCounterTable } from '../../runtime/plugin-counter-table.ts';
import { HeartbeatTable } from '../../runtime/heartbeat-table.ts';
import type { FromThread, ListenerPorts, ToThread, WorkerStart } from '../messages.ts';
import { lineSplitter } from './line-splitter.ts';
import type { SupervisorOptions } from './supervisor-options.ts';
import { type SupervisedThread, ThreadCalls } from './thread-calls.ts';

const FIRST_RESTART_MS = 100;
const MAX_RESTART_MS = 10_000;
/** After running this long, a thread's earlier deaths are forgotten. */
const FORGET_MS = 60_000;

const DAY_MS = 86_400_000;
/** Before a thread asks for a name again. */
const FAILED_MS = 5000;

const PULSE: PulseSettings = { intervalMs: 250, stuckMs: 2000, lostMs: 10_000 };

type ShownOfThread = 'index' | 'state' | 'restarts' | 'deaths' | 'seen' | 'stalls' | 'snapshot' | 'worker';

type CertificateListener = (set: readonly SharedCertificate[], removed: readonly string[]) => void;

export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #threads: SupervisedThread[] = [];
  /** Resolves when the thread listens, rejects if it cannot. */
  readonly #listening = new Map<SupervisedThread, Promise<void>>();
  readonly #calls = new ThreadCalls(this.#threads);
  readonly #certificateListeners: CertificateListener[] = [];
  readonly #heartbeats: HeartbeatTable;
  readonly #pluginCounters: PluginCounterTable;
  #stopRounds: (() => Promise<void>) | null = null;
  #snapshot: Snapshot;
  #ports: ListenerPorts;
  #recording: RecordingSpec | null = null;
  #isStopping = false;
  readonly #restarts = new Set<NodeJS.Timeout>();
  /** When stop() will be called; null: not known. */
  #stopAtMs: number | null = null;

  constructor(options: SupervisorOptions, snapshot: Snapshot) {
    this.#options = options;
    this.#heartbeats = new HeartbeatTable(options.memory.heartbeats);
    this.#pluginCounters = new PluginCounterTable(options.memory.pluginCounters);
    this.#snapshot = snapshot;
    this.#ports = { plain: options.server.port, tls: options.tls?.port ?? null };
  }

  /** The ports the threads listen on: with port 0, the ones assigned to the first thread. */
  get ports(): ListenerPorts {
    return this.#ports;
  }

  get threads(): readonly Readonly<Pick<SupervisedThread, ShownOfThread>>[] {
    return this.#threads;
  }

  /** Threads begin to load, which takes most of their start; they accept no connection before `start`. */
  prepare(): void {
    for (let index = this.#threads.length; index < this.#options.server.threads; index += 1) {
      const thread: SupervisedThread = {
        index,
        worker: this.#spawn(index),
        state: 'starting',
        mayListen: false,
        restarts: 0,
        deaths: 0,
        pulse: new ThreadPulse(PULSE),
        seen: 'running',
        stalls: 0,
        snapshot: this.#snapshot.version,
        startedAtMs: this.#options.nowMs(),
        waiting: new Map(),
      };
      this.#threads.push(thread);
      this.#listening.set(thread, this.#follow(thread));
      // The caller of start() gets the error there.
      this.#listening.get(thread)!.catch(() => {});
    }
  }

  /** Resolves when all threads listen. Rejects if one cannot. */
  async start(): Promise<void> {
    this.prepare();
    const [first, ...others] = this.#threads;
    // With port 0, the first one finds the port for all.
    if (this.#ports.plain === 0 || this.#ports.tls === 0) await this.#listen(first!);
    else others.unshift(first!);
    await Promise.all(others.map((thread) => this.#listen(thread)));
    this.#stopRounds = repeat(() => this.look(), PULSE.intervalMs);
  }

  /** One check of every heartbeat. A thread that is starting has none yet. */
  look(): void {
    const nowMs = this.#options.nowMs();
    for (const thread of this.#threads) {
      if (thread.state !== 'running' && thread.state !== 'stopping') continue;
      const pulse = thread.pulse.look(this.#heartbeats.count(thread.index), nowMs);
      if (pulse !== thread.seen) this.#onPulse(thread, pulse);
    }
  }

  #onPulse(thread: SupervisedThread, pulse: Pulse): void {
    const { log, onThreadChange } = this.#options;
    const { index } = thread;
    thread.seen = pulse;
    switch (pulse) {
      case 'stuck':
        thread.stalls += 1;
        log.error({ thread: index, plugin: this.#pluginOn(index) }, 'traffic thread hangs');
        onThreadChange?.(index, 'stuck', `traffic thread ${index} hangs${this.#inPlugin(index)}`);
        break;
      case 'running':
        log.info({ thread: index }, 'traffic thread responds again');
        onThreadChange?.(index, 'back', `traffic thread ${index} responds again`);
        break;
      case 'lost':
        log.error({ thread: index, plugin: this.#pluginOn(index) }, 'traffic thread still hangs: terminating it');
        // Its exit is handled like any other.
        void thread.worker.terminate();
        break;
    }
  }

  /** The plugin whose hook keeps it busy; undefined: none. */
  #pluginOn(index: number): string | undefined {
    const number = this.#pluginCounters.runningOn(index);
    return this.#snapshot.plugins.find((plugin) => plugin.number === number)?.name;
  }

  #inPlugin(index: number): string {
    const name = this.#pluginOn(index);
    return name === undefined ? '' : ` in the plugin ${name}`;
  }

  /** Sends the thread the current clients, then tells it to listen. */
  #listen(thread: SupervisedThread): Promise<void> {
    this.#send(thread, { type: 'clients', id: this.#calls.nextId(), changes: this.#options.directory() });
    if (this.#stopAtMs !== null) {
      this.#send(thread, { type: 'drain', delayMs: Math.max(0, this.#stopAtMs - this.#options.nowMs()) });
    }
    if (this.#recording !== null) {
      this.#send(thread, { type: 'record', id: this.#calls.nextId(), recording: this.#recording });
    }
    thread.mayListen = true;
    this.#send(thread, { type: 'listen', ports: this.#ports });
    return this.#listening.get(thread)!;
  }

  /** Resolves when the snapshot applies on every running thread. */
  async publish(snapshot: Snapshot): Promise<void> {
    this.#snapshot = snapshot;
    await this.#calls.sendToAll(
      (id) => ({ type: 'snapshot', id, snapshot }),
      (thread) => {
        thread.snapshot = snapshot.version;
      },
    );
  }

  /** Resolves when the changes apply on every running thread. */
  async changeClients(changes: readonly ClientUpdate[]): Promise<void> {
    await this.#calls.sendToAll((id) => ({ type: 'clients', id, changes }));
  }

  /** Resolves when every running thread serves them. */
  async changeCertificates(set: readonly SharedCertificate[], removed: readonly string[]): Promise<void> {
    for (const onChange of this.#certificateListeners) onChange(set, removed);
    await this.#calls.sendToAll((id) => ({ type: 'certificates', id, set, removed }));
  }

  /** Resolves when every running thread answers these, and no others. */
  async changeChallenges(challenges: readonly Challenge[]): Promise<void> {
    await this.#calls.sendToAll((id) => ({ type: 'challenges', id, challenges }));
  }

  /** Resolves when every running thread verifies tokens with these, and no others. */
  async changeKeys(sets: readonly SharedKeySet[]): Promise<void> {
    await this.#calls.sendToAll((id) => ({ type: 'keys', id, sets }));
  }

  /** Calls `onChange` with what a new thread would serve, then with every change. */
  followCertificates(onChange: CertificateListener): void {
    this.#certificateListeners.push(onChange);
    onChange(this.#options.certificates(), []);
  }

  /** Every running thread resets what it counted and measured for the backend in this slot. Resolves when all have. */
  async resetBackend(index: number): Promise<void> {
    await this.#calls.sendToAll((id) => ({ type: 'reset_backend', id, index }));
  }

  /** Resolves when every running thread records this and, if it is null, has sent what it had recorded. */
  async changeRecording(recording: RecordingSpec | null): Promise<void> {
    this.#recording = recording;
    await this.#calls.sendToAll((id) => ({ type: 'record', id, recording }));
  }

  /** The top talkers, one list per running thread. */
  talkers(): Promise<readonly (readonly Talker[])[]> {
    return this.#calls.askAll<readonly Talker[]>((id) => ({ type: 'talkers', id }));
  }

  /** What each running thread would do with such a request; the first thread first. */
  explain(request: ExplainedRequest): Promise<readonly ThreadExplanation[]> {
    return this.#calls.askAll<ThreadExplanation>((id) => ({ type: 'explain', id, request }));
  }

  /** How plugins do, one list per running thread. */
  plugins(): Promise<readonly (readonly PluginState[])[]> {
    return this.#calls.askAll<readonly PluginState[]>((id) => ({ type: 'plugins', id }));
  }

  /** Every running thread removes these stored answers. @returns how many, once all have */
  async purgeCaches(purge: CachePurge): Promise<number> {
    const removed = await this.#calls.askAll<number>((id) => ({ type: 'purge_caches', id, purge }));
    return removed.reduce((sum, each) => sum + each, 0);
  }

  /** stop() will be called in `delayMs`: connections begin to end, so that their clients go on elsewhere. */
  drain(delayMs: number): void {
    this.#stopAtMs = this.#options.nowMs() + delayMs;
    for (const thread of this.#threads) if (thread.state !== 'dead') this.#send(thread, { type: 'drain', delayMs });
  }

  /** Resolves when all threads have ended. */
  async stop(drainTimeoutMs: number): Promise<void> {
    this.#isStopping = true;
    for (const timer of this.#restarts) clearTimeout(timer);
    await Promise.all(
      this.#threads.map(async (thread) => {
        if (thread.state === 'dead') return;
        thread.state = 'stopping';
        const exited = new Promise<void>((resolve) => thread.worker.once('exit', () => resolve()));
        this.#send(thread, { type: 'stop', drainTimeoutMs });
        await exited;
      }),
    );
    void this.#stopRounds?.();
  }

  #spawn(index: number): Worker {
    const { memory, server, redis, certificates, challenges, keySets, logSettings, logTarget } = this.#options;
    const { isOwnProcess = false, gateway, reusePort } = this.#options;
    const workerData: WorkerStart = {
      index,
      memory,
      server,
      redis: redis ?? null,
      log: { ...logSettings, level: this.#snapshot.logLevel },
      snapshot: this.#snapshot,
      certificates: certificates(),
      challenges: challenges?.() ?? [],
      keySets: keySets?.() ?? [],
      reusePort,
      logTarget,
      isOwnProcess,
      gateway,
    };
    const worker = new Worker(new URL('../../gateway/traffic/worker.ts', import.meta.url), {
      workerData,
      ...workerArguments(),
      name: `traffic-${index}`,
      // Only log lines are written there, if anything; otherwise Node would open our own standard output and set it to
      // non-blocking.
      stdout: true,
      stderr: true,
    });
    const { onLogLine } = this.#options;
    if (onLogLine !== undefined) worker.stdout.setEncoding('utf8').on('data', lineSplitter(onLogLine));
    return worker;
  }

  /** Resolves when the thread listens; from then on it is restarted here when it dies. */
  #follow(thread: SupervisedThread): Promise<void> {
    const { log, onPassiveErrors } = this.#options;
    return new Promise((resolve, reject) => {
      thread.worker.on('message', (message: FromThread) => {
        switch (message.type) {
          case 'listening':
            this.#ports = message.ports;
            thread.state = 'running';
            thread.snapshot = Math.max(thread.snapshot, message.snapshot);
            log.debug({ thread: thread.index, port: message.ports.plain }, 'traffic thread listens');
            resolve();
            break;
          case 'failed':
            reject(Object.assign(new Error(message.message), { code: message.code }));
            break;
          case 'ack':
            thread.waiting.get(message.id)?.();
            break;
          case 'talkers':
            this.#calls.answered(thread, message.id, message.talkers);
            break;
          case 'caches_purged':
            this.#calls.answered(thread, message.id, message.removed);
            break;
          case 'plugins':
            this.#calls.answered(thread, message.id, message.states);
            break;
          case 'explained':
            this.#calls.answered(thread, message.id, message.explanation);
            break;
          case 'demand':
            this.#options.onDemand?.(message.demand);
            break;
          case 'recorded':
            this.#options.onRecorded?.(message.batch);
            this.#send(thread, { type: 'batch_taken' });
            break;
          case 'telemetry':
            this.#options.onTelemetry?.(message.signal, message.batch);
            this.#giveBack(thread, message);
            break;
          case 'passive_errors':
            onPassiveErrors(message.backendId);
            break;
          case 'certificate_wanted':
            void this.#onCertificateWanted(thread.worker, message.host);
            break;
          case 'challenge_missed':
            void this.#onChallengeMissed(thread.worker, message.lookup);
            break;
          case 'keys_missed':
            void this.#onKeysMissed(thread.worker, message.source);
            break;
          case 'certificate_used':
            this.#options.onCertificateUsed?.(message.certificate);
            break;
          case 'stopped':
            // Its exit follows.
            break;
        }
      });
      let cause: unknown;
      thread.worker.on('error', (error) => {
        cause = error;
        log.error({ err: error, thread: thread.index }, 'traffic thread failed');
      });
      thread.worker.on('exit', (code) => {
        const why = cause instanceof Error ? `: ${cause.message}` : '';
        reject(new Error(`traffic thread ${thread.index} ended with code ${code}${why}`, { cause }));
        this.#onExit(thread, code);
      });
    });
  }

  /** To the worker that asked: another one in its place waits for nothing. */
  async #onCertificateWanted(worker: Worker, host: string): Promise<void> {
    const { log, onCertificateWanted } = this.#options;
    const refusedForMs = await (onCertificateWanted?.(host) ?? Promise.resolve(DAY_MS)).catch((error: unknown) => {
      log.error({ err: error }, 'certificate cannot be ordered on demand');
      return FAILED_MS;
    });
    worker.postMessage({ type: 'certificate_settled', host, refusedForMs } satisfies ToThread);
  }

  async #onChallengeMissed(worker: Worker, lookup: number): Promise<void> {
    const { log, onChallengeMissed } = this.#options;
    await onChallengeMissed?.().catch((error: unknown) => log.error({ err: error }, 'challenges cannot be read'));
    worker.postMessage({ type: 'challenges_read', lookup } satisfies ToThread);
  }

  async #onKeysMissed(worker: Worker, source: string): Promise<void> {
    const { log, onKeysMissed } = this.#options;
    await onKeysMissed?.(source).catch((error: unknown) => log.error({ err: error }, 'keys cannot be fetched'));
    worker.postMessage({ type: 'keys_read', source } satisfies ToThread);
  }

  #onExit(thread: SupervisedThread, code: number): void {
    const wasRunning = thread.state === 'running' || thread.restarts > 0;
    thread.state = 'dead';
    thread.seen = 'running';
    for (const resolve of thread.waiting.values()) resolve();
    releaseLogTurn(this.#options.logTarget, logWriter(thread.index));
    this.#options.onThreadDied(thread.index);
    if (this.#isStopping || !wasRunning) return;

    const { log, nowMs } = this.#options;
    if (nowMs() - thread.startedAtMs > FORGET_MS) thread.restarts = 0;
    const waitMs = thread.restarts === 0 ? 0 : Math.min(MAX_RESTART_MS, FIRST_RESTART_MS * 2 ** (thread.restarts - 1));
    thread.restarts += 1;
    thread.deaths += 1;
    log.error({ thread: thread.index, code, restart_in_ms: waitMs }, 'traffic thread died');
    const message = `traffic thread ${thread.index} died with code ${code}; starts again in ${waitMs} ms`;
    this.#options.onThreadChange?.(thread.index, 'died', message);
    const timer = setTimeout(() => {
      this.#restarts.delete(timer);
      this.#restart(thread);
    }, waitMs);
    this.#restarts.add(timer);
  }

  #restart(thread: SupervisedThread): void {
    if (this.#isStopping) return;
    thread.state = 'starting';
    thread.mayListen = false;
    thread.pulse = new ThreadPulse(PULSE);
    thread.startedAtMs = this.#options.nowMs();
    thread.snapshot = this.#snapshot.version;
    thread.worker = this.#spawn(thread.index);
    this.#listening.set(thread, this.#follow(thread));
    this.#listen(thread).then(
      () => {
        const { log, onThreadChange } = this.#options;
        log.info({ thread: thread.index, restarts: thread.restarts }, 'traffic thread is back');
        onThreadChange?.(thread.index, 'back', `traffic thread ${thread.index} is back`);
      },
      // Its exit leads to a replacement.
      () => void thread.worker.terminate(),
    );
  }

  #giveBack({ worker }: SupervisedThread, { signal, batch }: Extract<FromThread, { type: 'telemetry' }>): void {
    const memory = batch.bytes.buffer;
    worker.postMessage({ type: 'telemetry_taken', signal, memory } satisfies ToThread, [memory]);
  }

  #send(thread: SupervisedThread, message: ToThread): void {
    thread.worker.postMessage(message);
  }
}
