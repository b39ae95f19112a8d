/** Identifies the client and takes a token from its bucket; a request without one is answered 429 here. */
import type { IncomingMessage } from 'node:http';
import type { FastifyPluginCallback, FastifyReply } from 'fastify';
import fp from 'fastify-plugin';
import { errorBody, GatewayError } from '../../src/errors.ts';
import { addressKey, callerAddress, credentialKey, type KnownClients } from '../../src/http/client-identity.ts';
import { formatAddress, type IpAddress } from '../../src/http/ip-address.ts';
import { peerAddress } from '../../src/http/peer-address.ts';
import { rateLimitFields } from '../../src/http/rate-limit-fields.ts';
import type { ClientDirectory } from '../../src/state/client-directory.ts';
import type { LiveSnapshot, SnapshotHolder } from '../../src/state/live-snapshot.ts';
import { type MetricsTable, THREAD_COUNTER } from '../../src/state/metrics-table.ts';
import type { BucketHash, RateLimiter } from '../../src/state/rate-limiter.ts';

export interface RateLimitOptions {
  readonly live: SnapshotHolder;
  readonly limiter: RateLimiter;
  readonly directory: ClientDirectory;
  readonly metrics: MetricsTable;
  readonly thread: number;
}

/** What is known of the caller by its address alone: worked out once a connection, unless a proxy stands in between. */
interface Caller {
  readonly address: IpAddress;
  readonly text: string;
  readonly isTrusted: boolean;
  readonly isAllowlisted: boolean;
  readonly key: string;
  readonly hash: BucketHash;
  readonly snapshot: LiveSnapshot;
  readonly directoryVersion: number;
}

declare module 'node:net' {
  interface Socket {
    sluiceCaller?: Caller;
  }
}

const plugin: FastifyPluginCallback<RateLimitOptions> = (app, options, done) => {
  const { live, limiter, directory, metrics, thread } = options;
  const known: KnownClients = {
    get hasApiKeys() {
      return directory.hasApiKeys;
    },
    byApiKeyHash: (hash) => directory.byApiKeyHash(hash),
    blocks: directory.blocks,
    isRegistered: (key) => limiter.isRegistered(key),
  };

  app.addHook('onRequest', (request, reply, next) => {
    const { exchange, raw } = request;
    const snapshot = live.current;
    const limits = snapshot.rateLimit;
    const caller = callerOf(raw, snapshot);
    exchange.clientAddress = caller.text;
    const peer = raw.socket.sluiceCaller!;
    exchange.peerAddress = peer.text;
    exchange.isPeerTrusted = peer.isTrusted;
    if (!limits.enabled) return next();
    if (caller.isAllowlisted) {
      metrics.count(thread, THREAD_COUNTER.allowlisted);
      return next();
    }
    const named = credentialKey(field(raw, limits.apiKeyHeader), field(raw, limits.clientIdHeader), known);
    exchange.client = named ?? caller.key;
    const hash = named === undefined ? caller.hash : limiter.hash(named);
    const decision = limiter.take(hash, 1, limits, exchange.startMs);
    if (limiter.table.isOverflow) metrics.count(thread, THREAD_COUNTER.overflow);
    if (decision === 'allowed') {
      metrics.count(thread, THREAD_COUNTER.allowed);
      return next();
    }
    metrics.count(thread, decision === 'refused' ? THREAD_COUNTER.refused : THREAD_COUNTER.refusedGlobal);
    refuse(reply, limits.legacyHeaders);
  });

  function refuse(reply: FastifyReply, withLegacy: boolean): void {
    const { exchange } = reply.request;
    const error = new GatewayError('GW_RATE_LIMITED');
    exchange.error = error.code;
    void reply
      .code(error.statusCode)
      .headers(rateLimitFields(limiter.state, withLegacy))
      .header('content-type', 'application/json; charset=utf-8')
      .header('x-request-id', exchange.requestId)
      .send(JSON.stringify(errorBody(error, exchange.requestId)));
  }

  function callerOf(raw: IncomingMessage, snapshot: LiveSnapshot): Caller {
    let peer = raw.socket.sluiceCaller;
    if (peer === undefined || peer.snapshot !== snapshot || peer.directoryVersion !== directory.version) {
      peer = describe(peerAddress(raw.socket), snapshot);
      raw.socket.sluiceCaller = peer;
    }
    if (!peer.isTrusted) return peer;
    const caller = callerAddress(peer.address, field(raw, 'x-forwarded-for'), snapshot.trustProxy);
    return caller === peer.address ? peer : describe(caller, snapshot);
  }

  function describe(address: IpAddress, snapshot: LiveSnapshot): Caller {
    const key = addressKey(address, known);
    return {
      address,
      text: formatAddress(address),
      isTrusted: snapshot.trustProxy.find(address) === true,
      isAllowlisted: snapshot.allowlist.find(address) === true,
      key,
      hash: limiter.hash(key),
      snapshot,
      directoryVersion: directory.version,
    };
  }
  done();
};

function field(raw: IncomingMessage, name: string): string | undefined {
  const value = raw.headers[name];
  return typeof value === 'string' ? value : undefined;
}

export default fp(plugin, { name: 'ratelimit', dependencies: ['access-log'] });
