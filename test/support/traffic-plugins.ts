/** Plugins of a traffic thread up to `balancer`, as the thread registers them, on real tables; a handler of the test ends the request. */
import assert from 'node:assert/strict';
import type { ClientResponse } from '../../src/http/client-side.ts';
import type { AddressInfo } from 'node:net';
import type { SharedTakes } from '../../src/limits/shared/shared-take.ts';
import type { TestContext } from 'node:test';
import Fastify, { type FastifyInstance, type FastifyRequest } from 'fastify';
import { pino } from 'pino';
import accessLog from '../../plugins/traffic/access-log.ts';
import balancer from '../../plugins/traffic/balancer.ts';
import breaker from '../../plugins/traffic/breaker.ts';
import messageRules from '../../plugins/traffic/message-rules.ts';
import policies from '../../plugins/traffic/policies/policies.ts';
import rateLimit from '../../plugins/traffic/ratelimit.ts';
import router from '../../plugins/traffic/router.ts';
import sticky from '../../plugins/traffic/sticky.ts';
import { BackendRow } from '../../src/backends/backend-row.ts';
import { PlacementRow } from '../../src/balancing/placement-table.ts';
import { WaitQueues } from '../../src/balancing/wait-queues.ts';
import { loadText } from '../../src/config/load.ts';
import { Via } from '../../src/forwarding/message/via.ts';
import { SnapshotBuilder } from '../../src/gateway/control/snapshot-builder.ts';
import { ClientDirectory } from '../../src/identity/client-directory.ts';
import { TopTalkers } from '../../src/limits/core/top-talkers.ts';
import { DryRunLog } from '../../src/limits/dry-run-log.ts';
import type { RecordedBatch } from '../../src/recording/recording-spec.ts';
import { Recorder } from '../../src/recording/traffic/recorder.ts';
import { RateLimiter } from '../../src/limits/rate-limiter.ts';
import { Tracer } from '../../src/tracing/traffic/tracer.ts';
import { compilePolicies } from '../../src/policies/compile-policies.ts';
import { compileSnapshot, type SnapshotHolder } from '../../src/routing/live-snapshot.ts';
import { allocateSharedMemory, attachSharedMemory, type SharedTables } from '../../src/threads/shared-memory.ts';

export type Exchange = FastifyRequest['exchange'];

export interface TrafficPlugins {
  readonly app: FastifyInstance;
  readonly url: string;
  readonly live: SnapshotHolder;
  readonly tables: SharedTables;
  readonly talkers: TopTalkers;
  readonly recorder: Recorder;
  /** What the recorder has sent. */
  readonly batches: readonly RecordedBatch[];
  /** Of the requests that came to the handler. */
  readonly exchanges: readonly Exchange[];
  /** Lines of the log, parsed. */
  readonly log: readonly Record<string, unknown>[];
  /** Ids of backends that the control thread is asked to eject. */
  readonly passiveErrors: readonly string[];
  /** Resolves when the request that comes next is over and counted. */
  nextEnd(): Promise<void>;
}

/** @param shared decides on the limits. Default: they are not shared with other gateways. */
export async function startTrafficPlugins(
  t: Pick<TestContext, 'after'>,
  yaml: string,
  shared: Pick<SharedTakes, 'take'> | null = null,
): Promise<TrafficPlugins> {
  const settings = loadText(yaml, 'test.yaml', {}, { threads: '1' });
  const memory = allocateSharedMemory({ threads: 1, maxClients: 64, hashKey: new Uint32Array([1, 2]) });
  const tables = attachSharedMemory(memory, 0);
  const { clock, metrics } = tables;
  const { nowMs } = clock;
  const row = new BackendRow(tables.backends, 0);
  const snapshot = new SnapshotBuilder({ backends: tables.backends, metrics, nowMs }).build(settings);
  const queues = new WaitQueues({ table: tables.queues, thread: 0, nowMs, onWaiting: () => undefined });
  const placements = new PlacementRow(tables.placements, 0);
  const [random, stickySecret] = [Math.random, 's'];
  const pools = { table: tables.backends, row, random, turns: tables.turns, stickySecret, queues, placements };
  const live = {
    current: compileSnapshot(snapshot, { ...pools, policiesOf: compilePolicies }),
  };
  const log: Record<string, unknown>[] = [];
  const logger = pino({}, { write: (line: string) => void log.push(JSON.parse(line)) });
  const talkers = new TopTalkers();
  const batches: RecordedBatch[] = [];
  const recorder = new Recorder({ post: (batch) => batches.push(batch), random: () => 0, later: () => undefined });
  const exchanges: Exchange[] = [];
  const passiveErrors: string[] = [];

  const app = Fastify({ logger: false, rewriteUrl: () => '/' });
  t.after(() => app.close());
  // As our own engines do.
  app.addHook('onRequest', (_request, { raw }, next) => {
    const response = raw as unknown as ClientResponse;
    raw.once('close', () => response.onClosed?.(response));
    next();
  });
  const limiter = new RateLimiter(tables.clients, memory.hashKey);
  const dryRuns = new DryRunLog(logger);
  const tracer = new Tracer({
    spans: { add: () => undefined, isFull: false, drop: () => undefined },
    isPeerTrusted: () => false,
    random: Math.random,
    nowMs,
    wallMs: Date.now,
  });
  app.register(accessLog, {
    log: logger,
    live,
    clock,
    metrics,
    tracer,
    thread: 0,
    random: Math.random,
    idPrefix: 'test',
  });
  const directory = new ClientDirectory();
  const sharedTakes = shared === null ? null : { ...shared, reserved: () => assert.fail('no answer has a cost here') };
  const charges = {
    metrics,
    thread: 0,
    nowMs: clock.nowMs,
    defaultPolicy: () => live.current.limits.default,
    onUnread: () => undefined,
  };
  app.register(rateLimit, {
    live,
    limiter,
    directory,
    metrics,
    talkers,
    dryRuns,
    thread: 0,
    shared: sharedTakes,
    charges,
  });
  app.register(messageRules, { via: new Via(tables.viaId) });
  app.register(router, { live, clock, metrics, thread: 0, maxHeaders: settings.server.maxHeaders, recorder });
  app.register(policies);
  app.register(sticky, { clock });
  app.register(breaker, {
    log: logger,
    clock,
    table: tables.backends,
    row,
    random: Math.random,
    onPassiveErrors: (id) => passiveErrors.push(id),
  });
  app.register(balancer, { clock });
  app.get('/', async ({ exchange }) => {
    exchanges.push(exchange);
    return 'handled';
  });
  await app.listen({ host: '127.0.0.1', port: 0 });
  const nextEnd = (): Promise<void> =>
    new Promise((resolve) => {
      app.server.once('request', (_request, response) => response.once('close', resolve));
    });
  const { port } = app.server.address() as AddressInfo;
  return {
    app,
    url: `http://127.0.0.1:${port}`,
    live,
    tables,
    talkers,
    recorder,
    batches,
    exchanges,
    log,
    passiveErrors,
    nextEnd,
  };
}
