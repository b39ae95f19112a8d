/** /client and /clients of older balancers, over the same store and queue as /v1/api/clients. Off: admin.compat. */
import fp from 'fastify-plugin';
import type { FastifyRequest } from 'fastify';
import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { GatewayError } from '../../src/errors.ts';
import { clientKey, type ClientKey } from '../../src/identity/client-key.ts';
import {
  CompatClient,
  compatClient,
  CompatClientBody,
  CompatClientPath,
  NamedClient,
  namedClient,
  NamedClientBody,
} from '../../src/compat/api/compat-clients-view.ts';
import { COMMON_ERRORS, errorAnswers } from '../../src/api/error-schema.ts';
import type { ClientStore, StoredClient } from '../../src/limits/client-store.ts';

export interface CompatClientsOptions {
  readonly store: ClientStore;
}

const tags = ['compat'];
const ONE = errorAnswers('GW_VALIDATION', 'GW_CLIENT_NOT_FOUND', ...COMMON_ERRORS, 'GW_DATABASE_UNAVAILABLE');
const CREATE = errorAnswers(
  'GW_VALIDATION',
  'GW_BAD_JSON',
  'GW_CLIENT_EXISTS',
  ...COMMON_ERRORS,
  'GW_DATABASE_UNAVAILABLE',
);
const MOST = 1000;

const compatClients: FastifyPluginAsyncTypebox<CompatClientsOptions> = async (app, { store }) => {
  const create = (key: ClientKey, capacity: number, ratePerSecond: number): Promise<StoredClient> =>
    app.clientChanges.create({
      ...key,
      ...bucket(capacity, ratePerSecond),
      name: null,
      enabled: true,
      apiKeyHash: null,
    });

  app.post(
    '/client',
    {
      schema: {
        tags,
        operationId: 'compatCreateClient',
        summary: 'Create a client',
        body: CompatClientBody,
        response: { 201: CompatClient, ...CREATE },
      },
    },
    async (request, reply) => {
      const { id, capacity, refill_rate: rate } = request.body;
      const key = keyOf(id, request);
      request.audited = { target: key.key };
      const created = await create(key, capacity, rate);
      request.audited = { target: created.key, after: compatClient(created) };
      return reply.code(201).send(compatClient(created));
    },
  );

  app.put(
    '/client',
    {
      schema: {
        tags,
        operationId: 'compatChangeClient',
        summary: 'Change a client',
        body: CompatClientBody,
        response: { 200: CompatClient, ...ONE },
      },
    },
    async (request) => {
      const { id, capacity, refill_rate: ratePerSecond } = request.body;
      const { key } = keyOf(id, request);
      request.audited = { target: key };
      const before = found(await store.get(key));
      const change = bucket(capacity, ratePerSecond);
      const after = found(await app.clientChanges.update(before.key, change, undefined));
      request.audited = { target: after.key, before: compatClient(before), after: compatClient(after) };
      return compatClient(after);
    },
  );

  app.get(
    '/client/:id',
    {
      schema: {
        tags,
        operationId: 'compatReadClient',
        summary: 'Read a client',
        params: CompatClientPath,
        response: { 200: CompatClient, ...ONE },
      },
    },
    async (request) => compatClient(found(await store.get(keyOf(request.params.id, request).key))),
  );

  app.delete(
    '/client/:id',
    {
      schema: {
        tags,
        operationId: 'compatDeleteClient',
        summary: 'Delete a client',
        params: CompatClientPath,
        response: { 200: Type.Object({ message: Type.String() }, { description: 'Deleted' }), ...ONE },
      },
    },
    async (request) => {
      const before = found(await store.get(keyOf(request.params.id, request).key));
      if (!(await app.clientChanges.remove(before.key, undefined))) throw notFound();
      request.audited = { target: before.key, before: compatClient(before) };
      return { message: 'client deleted' };
    },
  );

  app.get(
    '/clients',
    {
      schema: {
        tags,
        operationId: 'compatListClients',
        summary: `List clients, the first ${MOST} by key`,
        response: {
          200: Type.Array(NamedClient, { description: 'By key' }),
          ...errorAnswers(...COMMON_ERRORS, 'GW_DATABASE_UNAVAILABLE'),
        },
      },
    },
    async () => (await store.list({ limit: MOST, offset: 0 })).items.map(namedClient),
  );

  app.post(
    '/clients',
    {
      schema: {
        tags,
        operationId: 'compatCreateNamedClient',
        summary: 'Create a client',
        body: NamedClientBody,
        response: { 201: NamedClient, ...CREATE },
      },
    },
    async (request, reply) => {
      const { client_id: id, capacity, rate_per_sec: rate } = request.body;
      const key = keyOf(id, request);
      request.audited = { target: key.key };
      const created = await create(key, capacity, rate);
      request.audited = { target: created.key, after: namedClient(created) };
      return reply.code(201).send(namedClient(created));
    },
  );
};

/** Old clients know token buckets only. */
function bucket(capacity: number, ratePerSecond: number) {
  return { algorithm: 'token-bucket', capacity, ratePerSecond, windowSeconds: null } as const;
}

function keyOf(id: string | undefined, { headers, ip }: FastifyRequest): ClientKey {
  const sent = headers['x-client-id'];
  const key = clientKey(id ?? (typeof sent === 'string' && sent !== '' ? sent : ip));
  if (key !== undefined) return key;
  const details = [{ field: 'id', message: 'must be 1 to 128 visible ASCII characters, or an address' }];
  throw new GatewayError('GW_VALIDATION', { details });
}

function found(client: StoredClient | undefined): StoredClient {
  if (client === undefined) throw notFound();
  return client;
}

const notFound = (): GatewayError => new GatewayError('GW_CLIENT_NOT_FOUND');

export default fp(compatClients, { name: 'compat-clients', dependencies: ['clients-crud', 'schemas', 'auth'] });
