/**
 * The audit log: records every call that would change something, successful or not, and serves GET /v1/api/audit. A
 * handler reports what it did, as the API shows it:
 *
 * request.audited = { target: client.key, before: view(old), after: view(client) };
 *
 * Without a target, the path's first parameter is used. Secrets are masked here, so a handler may pass its answer.
 */
import fp from 'fastify-plugin';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { isSafe } from '../../../src/http/safe-methods.ts';
import { AttemptLimit } from '../../../src/admin-access/attempt-limit.ts';
import { formatAddress, parseAddress } from '../../../src/net/ip-address.ts';
import { repeat } from '../../../src/runtime/repeat.ts';
import { maskSecrets } from '../../../src/audit/mask-secrets.ts';
import { AuditPage, auditFilter, auditPage, AuditQuery } from '../../../src/audit/api/audit-view.ts';
import { COMMON_ERRORS, errorAnswers } from '../../../src/api/error-schema.ts';
import { AuditLog } from '../../../src/audit/audit-log.ts';
import type { AuditEntry } from '../../../src/audit/audit-store.ts';
import type { Fleet } from '../../../src/fleet/fleet-report.ts';
import type { Database } from '../../../src/database/database-port.ts';

/** What a call did, for the audit log. */
export interface Audited {
  /** Key of the client, id of the backend; null: the gateway. */
  readonly target?: string | null;
  /** As the API shows it; null: it did not exist before, or does not any more. */
  readonly before?: unknown;
  readonly after?: unknown;
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The route changes nothing, whatever its method, and is not recorded; or whether that holds for this call. */
    readonly isQuestion?: boolean | ((request: FastifyRequest) => boolean);
  }
  interface FastifyRequest {
    /** Set by handlers that change something; null: only the call itself is known. */
    audited: Audited | null;
    /** The peer when the call arrived: a closed socket no longer knows it. */
    callerAddress: string | null;
  }
  interface FastifyInstance {
    /** For what the gateway does by itself. Secrets are masked. */
    readonly recordOwnAction: (action: string, audited: Required<Audited>) => void;
  }
}

export interface AuditOptions {
  readonly database: Pick<Database, 'audit' | 'onAvailability'>;
  /** Currently: entries older than this many days are removed; 0: none are. */
  readonly keepDays: () => number;
  /** This gateway: its name is in the entries, and if it is the leader it removes old ones for all. */
  readonly fleet: Pick<Fleet, 'name' | 'isLeader'>;
  /** Between two rounds of the loop, ms. Default 5 s. */
  readonly roundMs?: number;
}

const DAY_MS = 86_400_000;
/** Maximum length of `before` and `after`, characters of JSON each. */
const MAX_SHOWN = 16_384;
/**
 * Unauthenticated calls that are recorded: this many at once, then one every ten seconds. They change nothing, and
 * anybody who can reach the port could fill the disk with them.
 */
const UNAUTHENTICATED = { capacity: 60, ratePerSecond: 0.1 };

function isQuestion(request: FastifyRequest): boolean {
  const { isQuestion: asks = false } = request.routeOptions.config;
  return typeof asks === 'function' ? asks(request) : asks;
}

const audit: FastifyPluginAsyncTypebox<AuditOptions> = async (app, { database, keepDays, fleet, roundMs = 5000 }) => {
  const log = new AuditLog({ store: database.audit, log: app.log });
  const unauthenticated = new AttemptLimit(UNAUTHENTICATED, 1);
  let cleanedAtMs = Number.NEGATIVE_INFINITY;

  /** Not in onResponse: that never comes for a client that left before its answer. */
  function record(request: FastifyRequest, reply: FastifyReply): void {
    if (request.principal === null && isTooMuch()) log.leaveOut('too many calls without a valid token');
    else log.record({ ...entryOf(request, reply.statusCode), gateway: fleet.name });
  }

  function isTooMuch(): boolean {
    const nowMs = performance.now();
    if (unauthenticated.waitMs('', nowMs) > 0) return true;
    unauthenticated.fail('', nowMs);
    return false;
  }

  async function round(): Promise<void> {
    await log.flush();
    const days = keepDays();
    if (days === 0 || !fleet.isLeader || performance.now() - cleanedAtMs < DAY_MS) return;
    const removed = await database.audit.removeBefore(new Date(Date.now() - days * DAY_MS));
    cleanedAtMs = performance.now();
    if (removed > 0) app.log.info({ removed, keep_days: days }, 'old audit entries removed');
  }

  app.decorate('recordOwnAction', (action, { target, before, after }) =>
    log.record({
      at: new Date(),
      actor: 'sluice',
      role: 'admin',
      address: 'internal',
      action,
      target,
      status: 200,
      before: shown(before),
      after: shown(after),
      requestId: '',
      gateway: fleet.name,
    }),
  );
  app.decorateRequest('audited', null);
  app.decorateRequest('callerAddress', null);
  app.addHook('onRequest', async (request) => {
    if (!isSafe(request.method)) request.callerAddress = addressOf(request);
  });
  app.addHook('onSend', async (request, reply) => {
    if (!isSafe(request.method) && !request.is404 && !isQuestion(request)) record(request, reply);
  });
  const unsubscribe = database.onAvailability((isAvailable) => isAvailable && void log.flush());
  // A failed entry is retried: it is kept.
  const stopLoop = repeat(() => round().catch(() => {}), roundMs);
  app.addHook('onClose', async () => {
    unsubscribe();
    await stopLoop();
    await log.flush();
    if (log.waiting > 0) app.log.error({ entries: log.waiting }, 'audit entries lost: the database is unavailable');
  });

  app.get(
    '/v1/api/audit',
    {
      schema: {
        tags: ['security'],
        operationId: 'listAudit',
        summary: 'Read who changed what',
        querystring: AuditQuery,
        response: { 200: AuditPage, ...errorAnswers('GW_VALIDATION', ...COMMON_ERRORS, 'GW_DATABASE_UNAVAILABLE') },
      },
    },
    async ({ query }) => {
      await log.flush();
      return auditPage(await database.audit.list(auditFilter(query)), query.limit);
    },
  );
};

function entryOf(request: FastifyRequest, status: number): Omit<AuditEntry, 'gateway'> {
  const { principal, audited, routeOptions } = request;
  const [parameter] = Object.values((request.params ?? {}) as Readonly<Record<string, string | number>>);
  return {
    at: new Date(),
    actor: principal?.name ?? 'anonymous',
    role: principal?.role ?? null,
    address: request.callerAddress ?? addressOf(request),
    action: routeOptions.schema?.operationId ?? `${request.method} ${routeOptions.url}`,
    target: textOf(audited?.target === undefined ? parameter : audited.target),
    status,
    before: shown(audited?.before),
    after: shown(audited?.after),
    requestId: request.id,
  };
}

function addressOf({ ip }: { readonly ip: string | undefined }): string {
  const address = parseAddress(ip ?? '');
  return address === undefined ? (ip ?? 'unknown') : formatAddress(address);
}

/** @param target a number if the path's schema says so */
function textOf(target: string | number | null | undefined): string | null {
  return target?.toString().replaceAll('\0', '\uFFFD') ?? null;
}

function shown(value: unknown): unknown {
  const masked = maskSecrets(value ?? null);
  const characters = JSON.stringify(masked).length;
  return characters <= MAX_SHOWN ? masked : { left_out: `${characters} characters` };
}

export default fp(audit, { name: 'audit', dependencies: ['schemas', 'auth'] });
