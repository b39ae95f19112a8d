import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { fakeAdminApp } from '../../../support/admin-app.ts';
import { examplesOf, type Shown } from '../../../support/openapi-examples.ts';

interface Operation {
  readonly tags?: string[];
  readonly summary?: string;
  readonly operationId?: string;
  readonly security?: object[];
  readonly parameters?: readonly (Shown & {
    readonly name: string;
    readonly in: string;
    readonly description?: string;
  })[];
  readonly requestBody?: { readonly content: Readonly<Record<string, Shown>> };
  readonly responses: Record<
    string,
    { readonly description: string; readonly content?: Readonly<Record<string, Shown>> }
  >;
}

interface Document {
  readonly openapi: string;
  readonly paths: Record<string, Record<string, Operation>>;
  readonly security: object[];
  readonly tags: readonly { readonly name: string; readonly description?: string }[];
  readonly components: {
    readonly examples: Readonly<Record<string, { readonly value: Readonly<Record<string, unknown>> }>>;
    readonly securitySchemes: Record<string, { type: string; scheme: string }>;
  };
}

function operationsOf({ paths }: Pick<Document, 'paths'>) {
  return Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ name: `${method} ${path}`, operation })),
  );
}

async function app(t: TestContext) {
  const admin = await fakeAdminApp();
  t.after(() => admin.close());
  return admin;
}

test('/docs leads to /docs/', async (t) => {
  const admin = await app(t);
  for (const url of ['/docs', '/docs?x=1']) {
    const { statusCode, headers } = await admin.inject(url);
    assert.deepEqual([statusCode, headers.location], [302, '/docs/'], url);
  }
});

test('the page loads everything from here, under a policy that allows nothing else', async (t) => {
  const admin = await app(t);
  const { body, headers } = await admin.inject('/docs/');
  assert.match(String(headers['content-type']), /text\/html/);
  assert.match(String(headers['content-security-policy']), /default-src 'none'; script-src 'self'/);
  const links = [...body.matchAll(/(?:src|href)="([^"]+)"/g)].map((match) => match[1]!);
  assert.ok(links.length >= 5);
  for (const link of links) {
    assert.match(link, /^\.\/static\//);
    assert.equal((await admin.inject(new URL(link, 'http://localhost/docs/').pathname)).statusCode, 200, link);
  }
});

test('the document is OpenAPI 3.1: every operation has a tag, a summary, an id, and says what it may answer', async (t) => {
  const admin = await app(t);
  const document = (await admin.inject('/docs/json')).json<Document>();
  assert.equal(document.openapi, '3.1.0');
  const operations = operationsOf(document);
  assert.ok(operations.length >= 8);
  const ids = operations.map(({ operation }) => operation.operationId);
  assert.equal(new Set(ids).size, ids.length);
  for (const { name, operation } of operations) {
    assert.ok(operation.tags?.length && operation.summary && operation.operationId, name);
    const statuses = Object.keys(operation.responses);
    const isProbe = /^get \/(?:livez|readyz)$/.test(name);
    assert.equal(statuses.includes('403'), !isProbe, `${name}: 403 exactly where Host is checked`);
    assert.equal(
      statuses.includes('401'),
      operation.security?.length !== 0,
      `${name}: 401 exactly where a token counts`,
    );
    for (const answer of Object.values(operation.responses)) {
      assert.notEqual(answer.description, 'Default Response', name);
    }
  }
});

test('the document knows the bearer scheme, so that "Authorize" works', async (t) => {
  const admin = await app(t);
  const document = (await admin.inject('/docs/json')).json<Document>();
  assert.deepEqual(document.security, [{ bearer: [] }]);
  const scheme = document.components.securitySchemes['bearer'];
  assert.deepEqual([scheme?.type, scheme?.scheme], ['http', 'bearer']);
});

test('every tag, body, parameter and answer is described, and every body and path has an example', async (t) => {
  const document = (await (await app(t)).inject('/docs/json')).json<Document>();
  const operations = operationsOf(document);
  const used = new Set(operations.flatMap(({ operation }) => operation.tags ?? []));
  assert.deepEqual([...used].sort(), document.tags.map(({ name }) => name).sort());
  for (const { description, name } of document.tags) assert.ok(description, name);
  for (const { name, operation } of operations) {
    for (const { name: parameter, in: place, description, ...rest } of operation.parameters ?? []) {
      assert.ok(description, `${name}: ${parameter}`);
      if (place === 'path') assert.ok(examplesOf(rest).length > 0, `${name}: ${parameter} has no example`);
    }
    for (const [type, media] of Object.entries(operation.requestBody?.content ?? {})) {
      assert.ok(examplesOf(media).length > 0, `${name}: ${type} has no example`);
    }
    for (const [status, { description, content }] of Object.entries(operation.responses)) {
      assert.ok(description, `${name}: ${status}`);
      if (Number(status) < 400 || content === undefined || /readyz/.test(name)) continue;
      assert.ok(Object.keys(content['application/json']?.examples ?? {}).length > 0, `${name}: ${status}`);
    }
  }
});

test('the examples of errors are what the app answers', async (t) => {
  const admin = await app(t);
  const { components } = (await admin.inject('/docs/json')).json<Document>();
  for (const [name, url] of [
    ['GW_CLIENT_NOT_FOUND', '/v1/api/clients/nobody'],
    ['GW_BACKEND_NOT_FOUND-2', '/api/backends/nobody'],
  ] as const) {
    const body = (await admin.inject(url)).json<Record<string, unknown>>();
    const shown = components.examples[name]!.value;
    assert.deepEqual({ ...body, request_id: '' }, { ...shown, request_id: '' }, name);
    assert.equal(typeof shown['request_id'], 'string');
  }
  const create = { method: 'POST', url: '/v1/api/clients' } as const;
  const client = { client_id: 'x', capacity: 'many', rate_per_second: 1 };
  const refused = (await admin.inject({ ...create, payload: client })).json<Record<string, unknown>>();
  const shown = components.examples['GW_VALIDATION']!.value;
  assert.deepEqual({ ...refused, request_id: '' }, { ...shown, request_id: '' });
});
