import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { fakeAdminApp } from '../../../support/admin-app.ts';

interface Operation {
  readonly tags?: string[];
  readonly summary?: string;
  readonly operationId?: string;
  readonly security?: object[];
  readonly responses: Record<string, { readonly description: string }>;
}

interface Document {
  readonly openapi: string;
  readonly paths: Record<string, Record<string, Operation>>;
  readonly security: object[];
  readonly components: { readonly securitySchemes: Record<string, { type: string; scheme: string }> };
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
  const operations = Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ name: `${method} ${path}`, operation })),
  );
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
