/** The clients API, /v1/api/clients: clients and their limits. A change applies on every thread once it is answered. */
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import { GatewayError } from '../../../../src/errors.ts';
import { createApiKey, hashApiKey } from '../../../../src/identity/api-key.ts';
import { addressKey, clientKey, type ClientKey } from '../../../../src/identity/client-key.ts';
import { acceptedVersions, assertNotNamed, entityTag } from '../../../../src/net/entity-tag.ts';
import { pageLinks } from '../../../../src/net/page-links.ts';
import {
  changeClient,
  CLIENT_PATHS,
  createClient,
  deleteClient,
  listClients,
  readClient,
  replaceClient,
} from '../../../../src/limits/api/client-routes.ts';
import {
  withoutRateAlias,
  type ChangedClientBody,
  type ClientAnswer,
  type ReplacedClientBody,
} from '../../../../src/limits/api/client.ts';
import { clientLimit, type ClientLimit } from '../../../../src/limits/client-limit.ts';
import { ClientChanges } from '../../../../src/limits/control/client-changes.ts';
import type { ClientChange, ClientRegistry, ClientStore, StoredClient } from '../../../../src/limits/client-store.ts';

declare module 'fastify' {
  interface FastifyInstance {
    /** Everything else that changes clients (compat, changes of other gateways) uses it, to wait in the same queue. */
    readonly clientChanges: ClientChanges;
  }
}

export interface ClientsCrudOptions {
  readonly store: ClientStore;
  readonly registry: ClientRegistry;
  /** Defaults of a new client. */
  readonly defaultLimit: () => ClientLimit;
}

const PREFIX = '/v1/api/clients';

async function clientsCrud(app: FastifyInstance, options: ClientsCrudOptions): Promise<void> {
  app.decorate('clientChanges', new ClientChanges(options.store, options.registry));
  await app.register(async (scope) => routes(scope, options), { prefix: PREFIX });
}

function routes(scope: FastifyInstance, { store, defaultLimit }: ClientsCrudOptions): void {
  const app = scope.withTypeProvider<TypeBoxTypeProvider>();
  const changes = app.clientChanges;

  app.addContentTypeParser(
    'application/merge-patch+json',
    { parseAs: 'string' },
    app.getDefaultJsonParser('error', 'error'),
  );
  app.addHook('preValidation', async (request) => {
    request.body = withoutRateAlias(request.body);
  });

  app.get('/', { schema: listClients }, async (request, reply) => {
    const { items, total } = await store.list(request.query);
    const links = pageLinks(request.url, { ...request.query, total });
    reply.header('x-total-count', total);
    if (links !== '') reply.header('link', links);
    return items.map((client) => toAnswer(client));
  });

  app.post('/', { schema: createClient }, async (request, reply) => {
    const { body } = request;
    const apiKey = body.api_key === true ? createApiKey() : undefined;
    const key: ClientKey =
      body.ip_address === undefined ? { kind: 'id', key: body.client_id! } : addressKey(body.ip_address)!;
    // Recorded even if the call is refused.
    request.audited = { target: key.key };
    const created = await changes.create({
      ...key,
      name: body.name ?? null,
      ...newLimit(limitOf(body), defaultLimit()),
      enabled: body.enabled ?? true,
      ...quotasOf(body),
      apiKeyHash: apiKey === undefined ? null : hashApiKey(apiKey),
    });
    request.audited = { target: created.key, after: toAnswer(created) };
    reply.code(201).header('location', `${PREFIX}/${encodeURIComponent(created.key)}`);
    return answer(reply, created, apiKey);
  });

  /** `before` is read separately from the change: its version shows whether another change came in between. */
  async function update(request: FastifyRequest, change: ClientChange, given?: StoredClient): Promise<StoredClient> {
    const before = given ?? found(await store.get(keyOf(request)));
    const after = found(await changes.update(before.key, change, versionsOf(request, before)));
    request.audited = { target: after.key, before: toAnswer(before), after: toAnswer(after) };
    return after;
  }

  for (const [path, more] of CLIENT_PATHS) {
    app.get(path, { schema: { ...readClient, ...more } }, async (request, reply) =>
      answer(reply, found(await store.get(keyOf(request)))),
    );

    app.put(path, { schema: { ...replaceClient, ...more } }, async (request, reply) => {
      const { name = null, enabled = true, quotas = null } = request.body;
      const before = found(await store.get(keyOf(request)));
      const change = {
        ...replacedLimit(limitOf(replacement(request.body, before))),
        name,
        enabled,
        ...quotasOf({ quotas: { day: null, month: null, ...quotas } }),
      };
      return answer(reply, await update(request, change, before));
    });

    app.patch(path, { schema: { ...changeClient, ...more } }, async (request, reply) => {
      const apiKey = request.body.api_key === true ? createApiKey() : undefined;
      const change = changeOf(request.body, apiKey);
      return answer(reply, await update(request, change), apiKey);
    });

    app.delete(path, { schema: { ...deleteClient, ...more } }, async (request, reply) => {
      const before = found(await store.get(keyOf(request)));
      if (!(await changes.remove(before.key, versionsOf(request, before)))) throw notFound();
      request.audited = { target: before.key, before: toAnswer(before) };
      return reply.code(204).send(null);
    });
  }
}

function keyOf(request: FastifyRequest): string {
  const { key, '*': rest } = request.params as { key?: string; '*'?: string };
  // A trailing slash of the path is not part of the key; a percent-encoded one is.
  const text = key ?? (request.url.split('?')[0]!.endsWith('/') ? rest!.replace(/\/$/, '') : rest!);
  const named: ClientKey | undefined = clientKey(text);
  if (named === undefined) throw notFound();
  return named.key;
}

/** Versions that If-Match accepts. Throws if If-None-Match contains the current one. */
function versionsOf({ headers }: FastifyRequest, { version }: StoredClient): readonly number[] | undefined {
  assertNotNamed(headers['if-none-match'], version);
  return acceptedVersions(headers['if-match']);
}

function found(client: StoredClient | undefined): StoredClient {
  if (client === undefined) throw notFound();
  return client;
}

const notFound = (): GatewayError => new GatewayError('GW_CLIENT_NOT_FOUND');

function changeOf(body: ChangedClientBody, apiKey: string | undefined): ClientChange {
  return {
    ...limitOf(body),
    ...(body.name === undefined ? {} : { name: body.name }),
    ...(body.enabled === undefined ? {} : { enabled: body.enabled }),
    ...quotasOf(body),
    ...(body.api_key === undefined ? {} : { apiKeyHash: apiKey === undefined ? null : hashApiKey(apiKey) }),
  };
}

/** As in a merge patch: what is absent stays. */
function quotasOf({ quotas }: Pick<ChangedClientBody, 'quotas'>): Pick<ClientChange, 'quotaDay' | 'quotaMonth'> {
  if (quotas === undefined) return {};
  if (quotas === null) return { quotaDay: null, quotaMonth: null };
  const { day, month } = quotas;
  return { ...(day === undefined ? {} : { quotaDay: day }), ...(month === undefined ? {} : { quotaMonth: month }) };
}

type WindowOf = Pick<ReplacedClientBody, 'window_seconds'>;

/** The limit fields of the body. */
function limitOf(body: Omit<ChangedClientBody, 'api_key' | 'window_seconds'> & WindowOf): Partial<ClientLimit> {
  return {
    ...(body.algorithm === undefined ? {} : { algorithm: body.algorithm }),
    ...(body.capacity === undefined ? {} : { capacity: body.capacity }),
    ...(body.rate_per_second === undefined ? {} : { ratePerSecond: body.rate_per_second }),
    ...(body.window_seconds === undefined ? {} : { windowSeconds: body.window_seconds }),
  };
}

/** A rate means a token bucket, whatever the default limit is. */
function newLimit(wanted: Partial<ClientLimit>, fallback: ClientLimit): ClientLimit {
  if (wanted.ratePerSecond === undefined) return clientLimit(wanted, fallback);
  return clientLimit({ algorithm: 'token-bucket', ...wanted }, fallback);
}

/**
 * The body without fields repeated from the answer to a GET. Identifying fields must match this client; fields that the
 * gateway maintains (`version`, `created_at` …) are ignored. A window's average, unchanged, is not taken as a bucket's
 * rate.
 */
function replacement(body: ReplacedClientBody, client: StoredClient): ReplacedClientBody {
  const details = (['id', 'key', 'ip_address', 'client_id'] as const)
    .filter((field) => body[field] !== undefined && clientKey(body[field])?.key !== client.key)
    .map((field) => ({ field, message: `cannot be changed: this is ${client.key}` }));
  if (details.length > 0) throw new GatewayError('GW_VALIDATION', { details });
  const { rate_per_second: rate, ...rest } = body;
  const isAverage = client.algorithm === 'sliding-window' && rate === client.ratePerSecond;
  return body.algorithm === 'sliding-window' && isAverage ? rest : body;
}

/** Nothing of the stored limit is left; the schema has ensured that a token bucket has its rate. */
function replacedLimit(wanted: Partial<ClientLimit>): Partial<ClientLimit> {
  const limit = clientLimit(wanted, { algorithm: 'token-bucket', capacity: 1, ratePerSecond: 1, windowSeconds: null });
  if (limit.algorithm === 'token-bucket') return limit;
  return { algorithm: limit.algorithm, capacity: limit.capacity, windowSeconds: limit.windowSeconds };
}

function answer(reply: FastifyReply, client: StoredClient, apiKey?: string): ClientAnswer {
  reply.header('etag', entityTag(client.version));
  if (apiKey !== undefined) reply.header('cache-control', 'no-store');
  return toAnswer(client, apiKey);
}

function toAnswer(client: StoredClient, apiKey?: string): ClientAnswer {
  return {
    id: client.key,
    key: client.key,
    ...(client.kind === 'id' ? { client_id: client.key } : { ip_address: client.key }),
    name: client.name,
    algorithm: client.algorithm,
    capacity: client.capacity,
    rate_per_second: client.ratePerSecond,
    window_seconds: client.windowSeconds,
    enabled: client.enabled,
    quotas: { day: client.quotaDay, month: client.quotaMonth },
    has_api_key: client.apiKeyHash !== null,
    ...(apiKey === undefined ? {} : { api_key: apiKey }),
    created_at: client.createdAt.toISOString(),
    updated_at: client.updatedAt.toISOString(),
    version: client.version,
  };
}

export default fp(clientsCrud, { name: 'clients-crud', dependencies: ['error-answers', 'schemas', 'audit'] });
