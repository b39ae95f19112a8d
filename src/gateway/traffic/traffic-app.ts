/** The Fastify application of a traffic thread. The ordered list of plugins below is the path of a request. */
import Fastify, { type FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import accessLog from '../../../plugins/traffic/access-log.ts';
import acmeChallenge from '../../../plugins/traffic/acme-challenge.ts';
import auth from '../../../plugins/traffic/policies/auth.ts';
import balancer from '../../../plugins/traffic/balancer.ts';
import breaker from '../../../plugins/traffic/breaker.ts';
import cache from '../../../plugins/traffic/policies/cache.ts';
import clientCertificate from '../../../plugins/traffic/client-certificate.ts';
import cors from '../../../plugins/traffic/policies/cors.ts';
import foreseeRequest from '../../../plugins/traffic/foresee-request.ts';
import followRequest from '../../../plugins/traffic/follow-request.ts';
import hsts from '../../../plugins/traffic/hsts.ts';
import inFlight from '../../../plugins/traffic/policies/in-flight.ts';
import keyedLimit from '../../../plugins/traffic/policies/keyed-limit.ts';
import messageRules from '../../../plugins/traffic/message-rules.ts';
import quota from '../../../plugins/traffic/policies/quota.ts';
import policies from '../../../plugins/traffic/policies/policies.ts';
import proxy, { ROUTED_METHOD } from '../../../plugins/traffic/proxy.ts';
import rateLimit from '../../../plugins/traffic/ratelimit.ts';
import redirect from '../../../plugins/traffic/redirect.ts';
import rewrite from '../../../plugins/traffic/policies/rewrite.ts';
import routeAnswer from '../../../plugins/traffic/policies/route-answer.ts';
import router from '../../../plugins/traffic/router.ts';
import shedding from '../../../plugins/traffic/policies/shedding.ts';
import split from '../../../plugins/traffic/policies/split.ts';
import userPlugins from '../../../plugins/traffic/policies/user-plugins.ts';
import sticky from '../../../plugins/traffic/sticky.ts';
import type { Tracer } from '../../tracing/traffic/tracer.ts';
import { ExplainSigner } from '../../explain/explain-signer.ts';
import type { ServerSettings } from '../../config/settings.ts';
import { Occasionally } from '../../core/occasionally.ts';
import type { Random } from '../../core/random.ts';
import { loopUtilization } from '../../policies/shedding/loop-utilization.ts';
import { Shedder } from '../../policies/shedding/shedder.ts';
import { Via } from '../../forwarding/message/via.ts';
import type { TopTalkers } from '../../limits/core/top-talkers.ts';
import { Deadlines } from '../../runtime/deadlines.ts';
import type { Recorder } from '../../recording/traffic/recorder.ts';
import { THREAD_COUNTER } from '../../runtime/metrics-table.ts';
import type { RefusedInput } from '../../http/raw-answer.ts';
import type { BackendRow } from '../../backends/backend-row.ts';
import type { KeyDirectory } from '../../auth/key-directory.ts';
import type { KeyLookups } from '../../auth/key-lookups.ts';
import type { ChallengeDirectory } from '../../acme/challenge-directory.ts';
import type { CertificateDirectory } from '../../certificates/certificate-directory.ts';
import type { ClientDirectory } from '../../identity/client-directory.ts';
import type { SnapshotHolder } from '../../routing/live-snapshot.ts';
import type { RateLimiter } from '../../limits/rate-limiter.ts';
import type { SharedTakes } from '../../limits/shared/shared-take.ts';
import type { SharedTables } from '../../threads/shared-memory.ts';
import type { ConnectionGate } from '../../connections/connection-gate.ts';
import type { ClientQuotaDirectory } from '../../limits/quotas/client-quotas.ts';
import { InFlightLimits } from '../../limits/in-flight-limits.ts';
import { Quotas } from '../../limits/quotas/quotas.ts';
import type { BucketHash } from '../../identity/client-identity.ts';
import { DryRunLog } from '../../limits/dry-run-log.ts';
import { createTrafficServer } from '../../connections/traffic-server.ts';
import type { Tunnels } from '../../forwarding/upgrade/tunnels.ts';
import type { RouteCaches } from '../../policies/cache/route-caches.ts';
import type { Upstreams } from '../../forwarding/upstreams.ts';

export interface TrafficAppPorts {
  readonly thread: number;
  readonly log: Logger;
  readonly server: ServerSettings;
  readonly tables: SharedTables;
  readonly live: SnapshotHolder;
  readonly row: BackendRow;
  readonly limiter: RateLimiter;
  /** Null: the gateway shares its limits with no other. */
  readonly shared: SharedTakes | null;
  readonly directory: ClientDirectory;
  readonly clientQuotas: ClientQuotaDirectory;
  readonly certificates: CertificateDirectory;
  readonly challenges: ChallengeDirectory;
  readonly keys: KeyDirectory;
  readonly keyLookups: KeyLookups;
  readonly lookUpChallenge: (token: string) => Promise<void> | undefined;
  readonly talkers: TopTalkers;
  readonly recorder: Recorder;
  readonly tracer: Tracer;
  readonly upstreams: Pick<Upstreams, 'to'>;
  readonly caches: RouteCaches;
  readonly gate: ConnectionGate;
  readonly tunnels: Tunnels;
  readonly random: () => number;
  readonly idPrefix: string;
  readonly isStopping: () => boolean;
  /** Where the thread listens; 0: not yet. */
  readonly plainPort: () => number;
  /** Where the thread listens for TLS; 0: not yet, or not at all. */
  readonly tlsPort: () => number;
  readonly onPassiveErrors: (backendId: string) => void;
}

/** How often a line of the log says that an authorization service fails. */
const SERVICE_FAILURE_MS = 10_000;

/** How often a line of the log says that tokens name unknown keys, for each source of keys. */
const UNKNOWN_KEY_MS = 60_000;

/** How often it is logged, for each route, that answers do not say what they cost. */
const UNREAD_EVERY_MS = 60_000;

export async function buildTrafficApp(ports: TrafficAppPorts): Promise<FastifyInstance> {
  const { thread, log, server, tables, live, row, random } = ports;
  const { clock, metrics } = tables;
  const app = Fastify({
    logger: false,
    // We do the routing (plugins/traffic/router.ts): Fastify's router, which knows Node's list of methods only, sees one
    // path and one method, and cannot trip over any other.
    rewriteUrl: (raw) => {
      raw.sluiceMethod = raw.method;
      raw.method = ROUTED_METHOD;
      return '/';
    },
    // Of Fastify's own ids; ours are in the exchange.
    genReqId: () => '',
    exposeHeadRoutes: false,
    return503OnClosing: false,
    forceCloseConnections: false,
    serverFactory: (handler) => createTrafficServer(server, ports.gate, handler, report),
  });
  // A plugin provides it, and the server has to exist before.
  function report(input: RefusedInput): string {
    return app.reportRefused(input);
  }
  for (const method of app.supportedMethods) {
    // Fastify considers it bodyless, as all that it does not know: bodies are streamed, not parsed.
    app.addHttpMethod(method, { hasBody: false, overrideExisting: true });
  }
  app.addHook('onRequest', ({ raw }, _reply, next) => {
    raw.method = raw.sluiceMethod;
    next();
  });

  await app.register(accessLog, {
    log,
    live,
    clock,
    metrics,
    tracer: ports.tracer,
    thread,
    random,
    idPrefix: ports.idPrefix,
  });
  await app.register(followRequest, { signer: new ExplainSigner(tables.stickySecret), clock });
  // Whether there is a TLS port does not change while the gateway runs.
  if (live.current.tls !== null) {
    await app.register(hsts, { live });
    await app.register(acmeChallenge, { challenges: ports.challenges, lookUp: ports.lookUpChallenge });
  }
  const dryRuns = new DryRunLog(log);
  const unread = new Occasionally(UNREAD_EVERY_MS);
  await app.register(rateLimit, {
    live,
    charges: {
      metrics,
      thread,
      nowMs: clock.nowMs,
      defaultPolicy: () => live.current.limits.default,
      onUnread: (route, result, nowMs) => {
        if (unread.isDue(`${route} ${result}`, nowMs)) log.warn({ route, result }, 'cost of an answer unknown');
      },
    },
    limiter: ports.limiter,
    shared: ports.shared,
    directory: ports.directory,
    metrics,
    talkers: ports.talkers,
    dryRuns,
    thread,
  });
  const isServed = (name: string): boolean => ports.certificates.find(name) !== undefined;
  const via = new Via(tables.viaId);
  await app.register(messageRules, { via });
  if (live.current.tls !== null) {
    await app.register(redirect, {
      live,
      isServed,
      port: ports.tlsPort,
    });
    await app.register(clientCertificate, { live });
  }
  await app.register(router, {
    live,
    clock: tables.clock,
    metrics,
    thread,
    maxHeaders: server.maxHeaders,
    recorder: ports.recorder,
  });
  await app.register(policies);
  await app.register(cors);
  const serviceFailures = new Occasionally(SERVICE_FAILURE_MS, 1000);
  const unknownKeys = new Occasionally(UNKNOWN_KEY_MS, 1000);
  await app.register(auth, {
    live,
    directory: ports.directory,
    keys: ports.keys,
    lookups: ports.keyLookups,
    nowMs: clock.nowMs,
    wallMs: clock.wallNowMs,
    onServiceFailed: (url, reason) => {
      if (serviceFailures.isDue(url, clock.nowMs())) log.warn({ url, reason }, 'authorization service cannot be asked');
    },
    onUnknownKey: (source, kid, known) => {
      if (unknownKeys.isDue(source, clock.nowMs()))
        log.warn({ source, kid, known }, 'token refused: its key is unknown');
    },
    onRefused: (failure) => metrics.countAuthFailure(thread, failure),
  });
  const shedder = server.shedding.enabled ? shedderOf(server.shedding, clock.nowMs, random) : null;
  if (shedder !== null) await app.register(shedding, { shedder, metrics, thread, random });
  const hash = (key: string): BucketHash => ports.limiter.hash(key);
  const inFlightLimits = new InFlightLimits(tables.inFlight, thread, hash);
  await app.register(inFlight, {
    live,
    limits: inFlightLimits,
    metrics,
    thread,
    dryRuns,
  });
  await app.register(keyedLimit, { live, limiter: ports.limiter, shared: ports.shared, metrics, thread, dryRuns });
  const quotas = new Quotas(tables.quotas, hash);
  await app.register(quota, {
    live,
    quotas,
    clientQuotas: ports.clientQuotas,
    wallMs: clock.wallNowMs,
    metrics,
    thread,
    dryRuns,
  });
  await app.register(userPlugins);
  await app.register(routeAnswer);
  await app.register(rewrite);
  await app.register(split, { clock, metrics, thread });
  await app.register(cache, { caches: ports.caches });
  await app.register(foreseeRequest, {
    live,
    clock,
    nowMs: clock.nowMs,
    wallMs: Date.now,
    directory: ports.directory,
    limiter: ports.limiter,
    inFlight: inFlightLimits,
    quotas,
    clientQuotas: ports.clientQuotas,
    caches: ports.caches,
    shedder,
    listeners: () => ({ plain: ports.plainPort(), tls: ports.tlsPort() }),
    isServed,
  });
  await app.register(sticky, { clock });
  await app.register(breaker, {
    log,
    clock,
    table: tables.backends,
    row,
    random,
    onPassiveErrors: ports.onPassiveErrors,
  });
  await app.register(balancer, { clock });
  await app.register(proxy, {
    log,
    clock,
    via,
    row,
    upstreams: ports.upstreams,
    deadlines: new Deadlines(clock.nowMs),
    tunnels: ports.tunnels,
    random,
    onMirrored: (result) => metrics.countMirrored(thread, result),
    onRetry: () => metrics.count(thread, THREAD_COUNTER.retries),
    isStopping: ports.isStopping,
  });
  return app;
}

function shedderOf(
  { targetDelayMs, intervalMs, poolFill }: ServerSettings['shedding'],
  nowMs: () => number,
  random: Random,
): Shedder {
  return new Shedder({ targetDelayMs, intervalMs, poolFill, nowMs, utilization: loopUtilization(), random });
}
