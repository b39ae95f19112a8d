/** The Fastify application of a traffic thread. The ordered list of plugins below is what happens to a request. */
import { METHODS } from 'node:http';
import Fastify, { type FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import accessLog from '../../plugins/traffic/access-log.ts';
import balancer from '../../plugins/traffic/balancer.ts';
import breaker from '../../plugins/traffic/breaker.ts';
import messageRules from '../../plugins/traffic/message-rules.ts';
import proxy from '../../plugins/traffic/proxy.ts';
import rateLimit from '../../plugins/traffic/ratelimit.ts';
import type { ServerSettings } from '../config/settings.ts';
import { type MetricsTable, THREAD_COUNTER } from '../state/metrics-table.ts';
import type { BackendRow } from '../state/backend-row.ts';
import type { Circuits } from '../state/circuits.ts';
import type { ClientDirectory } from '../state/client-directory.ts';
import type { SnapshotHolder } from '../state/live-snapshot.ts';
import type { RateLimiter } from '../state/rate-limiter.ts';
import type { SharedTables } from '../state/shared-memory.ts';
import { answerClientError } from './client-error.ts';
import { Dispatcher } from './dispatcher.ts';
import { HeadFlushes } from './relay.ts';
import { handleServerEvents } from './server-events.ts';
import type { Upstreams } from './upstreams.ts';

export interface TrafficAppPorts {
  readonly thread: number;
  readonly log: Logger;
  readonly server: ServerSettings;
  readonly tables: SharedTables;
  readonly live: SnapshotHolder;
  readonly row: BackendRow;
  readonly circuits: Circuits;
  readonly limiter: RateLimiter;
  readonly directory: ClientDirectory;
  readonly upstreams: Upstreams;
  readonly random: () => number;
  readonly idPrefix: string;
  readonly isStopping: () => boolean;
  readonly onPassiveErrors: (backendId: string) => void;
}

export async function buildTrafficApp(ports: TrafficAppPorts): Promise<FastifyInstance> {
  const { thread, log, server, tables, live, random } = ports;
  const { clock, metrics } = tables;
  const app = Fastify({
    logger: false,
    // Routing is ours (plugins/traffic/balancer.ts): Fastify sees one path, and cannot trip over any other.
    rewriteUrl: () => '/',
    return503OnClosing: false,
    forceCloseConnections: false,
    requestTimeout: server.requestTimeoutMs,
    keepAliveTimeout: server.keepAliveMs,
    http: {
      maxHeaderSize: server.maxHeadBytes,
      headersTimeout: server.headTimeoutMs,
      connectionsCheckingInterval: 1000,
      insecureHTTPParser: false,
      // Checked in message-rules.ts: Node's own answer has no body.
      requireHostHeader: false,
    },
    clientErrorHandler: answerClientError,
  });
  // 0: no limit, for beyond a limit Node drops fields silently. The size of the head bounds their number.
  app.server.maxHeadersCount = 0;
  countConnections(app, metrics, thread);
  handleServerEvents(app.server);
  for (const method of METHODS) {
    // Without a body as far as Fastify is concerned: bodies are streamed, not parsed.
    if (method !== 'CONNECT') app.addHttpMethod(method, { hasBody: false, overrideExisting: true });
  }

  await app.register(accessLog, { log, live, clock, metrics, thread, random, idPrefix: ports.idPrefix });
  await app.register(rateLimit, { live, limiter: ports.limiter, directory: ports.directory, metrics, thread });
  await app.register(messageRules);
  await app.register(balancer, { live, metrics, thread });
  await app.register(breaker, {
    log,
    clock,
    circuits: ports.circuits,
    table: tables.backends,
    onPassiveErrors: ports.onPassiveErrors,
  });
  await app.register(proxy, {
    log,
    dispatcher: new Dispatcher({
      clock,
      row: ports.row,
      breaker: app.breaker,
      upstreams: ports.upstreams,
      flushes: new HeadFlushes(),
      random,
      onRetry: () => metrics.count(thread, THREAD_COUNTER.retries),
      isStopping: ports.isStopping,
    }),
  });
  return app;
}

function countConnections(app: FastifyInstance, metrics: MetricsTable, thread: number): void {
  let open = 0;
  app.server.on('connection', (socket) => {
    metrics.setLevel(thread, THREAD_COUNTER.connections, (open += 1));
    socket.on('close', () => metrics.setLevel(thread, THREAD_COUNTER.connections, (open -= 1)));
  });
}
