/** A traffic thread in the test's own thread, on a free port, with settings from a piece of YAML. */
import { pino } from 'pino';
import type { ServedCertificate } from '../../src/certificates/certificate.ts';
import { openCertificate } from '../../src/certificates/shared-certificate.ts';
import { CertificateKeeper } from '../../src/certificates/control/certificate-keeper.ts';
import { loadText } from '../../src/config/load.ts';
import type { Settings } from '../../src/config/settings.ts';
import { SnapshotBuilder } from '../../src/gateway/control/snapshot-builder.ts';
import { limitPolicies, routeLimits } from '../../src/limits/limit-policy.ts';
import { RateLimiter } from '../../src/limits/rate-limiter.ts';
import {
  allocateSharedMemory,
  attachSharedMemory,
  type SharedMemory,
  type SharedTables,
} from '../../src/threads/shared-memory.ts';
import type { PluginDefinition } from '../../src/plugin-kit/define-plugin.ts';
import { importFrom } from '../../src/policies/plugins/plugin-set.ts';
import type { Snapshot } from '../../src/config/snapshot.ts';
import type { FromThread } from '../../src/threads/messages.ts';
import { TrafficThread } from '../../src/gateway/traffic/traffic-thread.ts';

export interface Traffic {
  readonly port: number;
  /** Null: no TLS. */
  readonly tlsPort: number | null;
  readonly certificates: readonly ServedCertificate[];
  readonly url: string;
  readonly settings: Settings;
  readonly snapshot: Snapshot;
  readonly memory: SharedMemory;
  readonly tables: SharedTables;
  readonly limiter: RateLimiter;
  readonly thread: TrafficThread;
  /** Messages from the thread to the control thread. */
  readonly messages: readonly FromThread[];
  /** Lines of the log, parsed. */
  readonly log: readonly Record<string, unknown>[];
  /** Resolves when a line of the log makes this true. */
  logged(isIt: (line: Record<string, unknown>) => boolean): Promise<Record<string, unknown>>;
  close(): Promise<void>;
}

/**
 * Active checks are off unless the YAML says otherwise: no prober runs here.
 *
 * @param plugins by the `file` that the YAML names
 */
export async function startTraffic(
  yaml: string,
  port = 0,
  plugins: Readonly<Record<string, PluginDefinition>> = {},
): Promise<Traffic> {
  const text = /^health_check:/m.test(yaml) ? yaml : `health_check: { enabled: false }\n${yaml}`;
  const settings = loadText(text, 'test.yaml', {}, { host: '127.0.0.1', port: String(port), threads: '1' });
  const memory = allocateSharedMemory({ threads: 1, maxClients: 1024, hashKey: new Uint32Array([1, 2]) });
  const tables = attachSharedMemory(memory, 1);
  const limiter = new RateLimiter(tables.clients, memory.hashKey);
  limiter.setGlobal(limitPolicies(settings.rateLimit).global, tables.clock.nowMs());
  limiter.setRoutes(
    [],
    settings.routes.flatMap((route) => routeLimits(route) ?? []),
    tables.clock.nowMs(),
  );
  const snapshot = new SnapshotBuilder({
    backends: tables.backends,
    metrics: tables.metrics,
    nowMs: tables.clock.nowMs,
  }).build(settings);
  const messages: FromThread[] = [];
  const log: Record<string, unknown>[] = [];
  const wake: (() => void)[] = [];
  const logger = pino(
    { level: 'debug' },
    {
      write: (line: string) => {
        log.push(JSON.parse(line) as Record<string, unknown>);
        for (const resolve of wake.splice(0)) resolve();
      },
    },
  );
  const keeper = new CertificateKeeper({
    cwd: process.cwd(),
    authorityFolder: '/nowhere',
    log: logger,
    wallMs: Date.now,
  });
  await keeper.use(keeper.prepare(settings.tls?.certificates ?? []));
  const thread = await TrafficThread.build(
    {
      index: 0,
      memory,
      server: settings.server,
      redis: null,
      log: settings.log,
      snapshot,
      certificates: keeper.served,
      challenges: [],
      keySets: [],
      reusePort: false,
    },
    logger,
    (message) => messages.push(message),
    { importPlugin: importFrom(plugins) },
  );
  await thread.listen({ plain: settings.server.port, tls: settings.tls?.port ?? null });
  const listening = messages.find((message) => message.type === 'listening');
  if (listening === undefined) throw new Error(`cannot listen: ${JSON.stringify(messages)}`);
  return {
    port: listening.ports.plain,
    tlsPort: listening.ports.tls,
    certificates: keeper.served.map(openCertificate),
    url: `http://127.0.0.1:${listening.ports.plain}`,
    settings,
    snapshot,
    memory,
    tables,
    limiter,
    thread,
    messages,
    log,
    logged: async (isIt) => {
      for (;;) {
        const line = log.find(isIt);
        if (line !== undefined) return line;
        await new Promise<void>((resolve) => wake.push(resolve));
      }
    },
    close: async () => {
      thread.app.server.closeAllConnections();
      thread.tunnels.destroyAll();
      await thread.app.close();
      thread.handle({ type: 'stop', drainTimeoutMs: 0 });
    },
  };
}

/** One pool of these backends and a catch-all route; more YAML can follow. */
export function poolOf(urls: readonly string[], more = ''): string {
  const backends = urls.map((url, at) => `      - { url: "${url}", id: b${at} }`).join('\n');
  return `pools:\n  default:\n    backends:\n${backends}\n${more}`;
}
