/**
 * A gateway in a test: the real traffic plane with all of its plugins, but no port, no backend and no clock. What
 * `import { createTestGateway } from 'sluice/testing'` offers.
 *
 * Time moves by advance() for limits, quotas, tokens, circuits, sessions and the clock of plugins. Time-outs, retries' back-off and the
 * time that a plugin may take are real. There are no health checks.
 */
import { Writable } from 'node:stream';
import { pino } from 'pino';
import { inspectPlugin } from '../config/code/inspect-plugin.ts';
import type { Config } from '../config/code/config-input.ts';
import { loadText } from '../config/load.ts';
import { parseDuration } from '../config/schema/duration.ts';
import type { Settings } from '../config/settings.ts';
import { SnapshotBuilder } from '../gateway/control/snapshot-builder.ts';
import { TrafficThread } from '../gateway/traffic/traffic-thread.ts';
import { hashApiKey } from '../identity/api-key.ts';
import { bucketKey } from '../identity/client-identity.ts';
import { limitPolicies, routeLimits } from '../limits/limit-policy.ts';
import { RateLimiter } from '../limits/rate-limiter.ts';
import type { PluginDefinition } from '../plugin-kit/define-plugin.ts';
import { importFrom } from '../policies/plugins/plugin-set.ts';
import { allocateSharedMemory, attachSharedMemory, type SharedMemory } from '../threads/shared-memory.ts';
import { inject } from './inject.ts';
import { ManualClock } from './manual-clock.ts';
import { TestBackends } from './test-backends.ts';
import type { createTestGateway as declared, TestGatewayOptions } from './test-gateway.ts';

const START = new Date('2030-01-01T00:00:00Z');

/** See test-gateway.ts. */
export const createTestGateway: typeof declared = async (options = {}) => {
  const { backends = { web: () => ({}) }, plugins = {}, clients = {}, now = START } = options;
  const settings = withOptions(settingsOf(options.config ?? {}, Object.keys(backends)), plugins);
  const memory = allocateSharedMemory({ threads: 1, maxClients: 4096, hashKey: new Uint32Array([1, 2]) });
  const clock = new ManualClock(now.getTime());
  const tables = attachSharedMemory(memory, 0);
  const snapshot = new SnapshotBuilder({
    backends: tables.backends,
    metrics: tables.metrics,
    nowMs: clock.nowMs,
  }).build(settings);
  setLimits(settings, memory, clients, clock.nowMs());
  const log: Record<string, unknown>[] = [];
  const logger = pino(
    { level: 'debug' },
    lines((line) => log.push(line)),
  );
  const upstreams = new TestBackends(backends);
  const ended = Promise.withResolvers<void>();
  const thread = await TrafficThread.build(
    {
      index: 0,
      memory,
      server: settings.server,
      redis: null,
      log: settings.log,
      snapshot,
      certificates: [],
      challenges: [],
      keySets: [],
      reusePort: false,
    },
    logger,
    (message) => message.type === 'stopped' && ended.resolve(),
    { importPlugin: importFrom(plugins), clock, upstreams },
  );
  await thread.app.ready();
  thread.handle({
    type: 'clients',
    id: 1,
    changes: Object.entries(clients).map(([key, apiKey]) => ({
      op: 'put' as const,
      key,
      kind: 'id' as const,
      apiKeyHash: hashApiKey(apiKey),
    })),
  });
  return {
    inject: (request = {}) => inject((connection) => thread.accept(connection), request),
    advance: (time) => clock.advance(msOf(time)),
    requests: upstreams.requests,
    log,
    counter: (plugin, counter) => {
      const counts = tables.pluginCounters.list();
      return counts.find((each) => each.plugin === plugin && each.counter === counter)?.value ?? 0;
    },
    close: async () => {
      thread.handle({ type: 'stop', drainTimeoutMs: 1000 });
      await ended.promise;
    },
  };
};

function settingsOf(config: Partial<Config>, pools: readonly string[]): Settings {
  const file = {
    health_check: { enabled: false },
    pools: Object.fromEntries(pools.map((name) => [name, { backends: [{ url: `http://${name}.test` }] }])),
    ...config,
  };
  return loadText(JSON.stringify(file), 'config', {}, { threads: '1' });
}

/** As the gateway checks them when it reads the plugin's file. */
function withOptions(settings: Settings, definitions: Readonly<Record<string, PluginDefinition>>): Settings {
  const plugins = Object.entries(settings.plugins).map(([name, plugin]) => {
    const outcome = inspectPlugin(definitions[plugin.file], plugin.options);
    if ('failure' in outcome) throw new TypeError(`plugins.${name}: ${outcome.failure}`);
    if ('findings' in outcome) {
      const [{ path, message }] = outcome.findings as [(typeof outcome.findings)[number]];
      throw new TypeError(`plugins.${name}.options.${path.join('.')}: ${message}`);
    }
    return [name, { ...plugin, options: outcome.value.options }] as const;
  });
  return { ...settings, plugins: Object.fromEntries(plugins) };
}

function setLimits(
  { rateLimit, routes }: Settings,
  memory: SharedMemory,
  clients: NonNullable<TestGatewayOptions['clients']>,
  nowMs: number,
): void {
  const tables = attachSharedMemory(memory, 0);
  const limiter = new RateLimiter(tables.clients, memory.hashKey);
  const { global, default: byDefault } = limitPolicies(rateLimit);
  limiter.setGlobal(global, nowMs);
  limiter.setRoutes(
    [],
    routes.flatMap((route) => routeLimits(route) ?? []),
    nowMs,
  );
  for (const id of Object.keys(clients)) {
    const { lo, hi } = limiter.hash(bucketKey('id', id));
    limiter.table.register(lo, hi, byDefault, byDefault, nowMs);
  }
}

function msOf(time: number | string): number {
  const ms = typeof time === 'number' ? time : parseDuration(time);
  if (ms === undefined)
    throw new RangeError(`found ${JSON.stringify(time)}; allowed: milliseconds, or a duration such as 10s`);
  return ms;
}

function lines(take: (line: Record<string, unknown>) => void): Writable {
  return new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      take(JSON.parse(chunk.toString()) as Record<string, unknown>);
      done();
    },
  });
}
