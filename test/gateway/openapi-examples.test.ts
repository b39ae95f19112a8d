/** Every example of a body in the OpenAPI document is accepted as it stands, as "Execute" of Swagger UI sends it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startSampleBackends } from '../../src/cli/sample-backends/sample-backends.ts';
import { eventually } from '../support/eventually.ts';
import { startTestGateway } from '../support/gateway.ts';
import { httpRequest } from '../support/http-request.ts';
import { examplesOf, type Shown } from '../support/openapi-examples.ts';

interface Operation {
  readonly parameters?: readonly (Shown & { readonly name: string; readonly in: string })[];
  readonly requestBody?: { readonly content: Readonly<Record<string, Shown>> };
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

/** What creates comes before what changes; a new configuration comes last, because it replaces the pools. */
const ORDER = ['post', 'put', 'patch', 'delete'];
const turnOf = ([path, method]: readonly [string, string]): number =>
  (path.includes('/config') ? 10 : 0) + (path.includes('/rollback') ? 10 : 0) + ORDER.indexOf(method);

test('every body of the document is accepted by a gateway as it stands', async (t) => {
  const { backends, close } = await startSampleBackends({ count: 1 });
  t.after(close);
  const gateway = await startTestGateway(
    t,
    `tls: { port: 0, storage_key: ${'ab'.repeat(32)}, certificates: [{ hosts: [localhost], internal: true }] }
pools:
  default: { backends: [{ id: default-127.0.0.1-8081, url: '${backends[0]!.url}' }] }
  web: { discover: { push: {} } }
`,
  );
  const { paths } = (await gateway.admin('/docs/json')).json<Document>();
  const operations = Object.entries(paths)
    .flatMap(([path, item]) => Object.entries(item).map(([method, operation]) => [path, method, operation] as const))
    .filter(([, , { requestBody }]) => requestBody !== undefined)
    .sort(([...left], [...right]) => turnOf([left[0], left[1]]) - turnOf([right[0], right[1]]));
  assert.ok(operations.length > 20);

  for (const [path, method, { parameters = [], requestBody }] of operations) {
    if (path.includes('what-if')) await requestsOf('mobile-app');
    // As Swagger UI fills in a path: the first example, percent-encoded.
    const url = path.replace(/\{(\w+)\}/g, (_, name) => {
      const [first] = examplesOf(parameters.find((parameter) => parameter.name === name)!);
      return encodeURIComponent(String(first!.value));
    });
    for (const [type, media] of Object.entries(requestBody!.content)) {
      for (const { name, value } of examplesOf(media)) {
        const body = path.endsWith('/apply') ? await planned(value as object) : (value as object);
        const { status, body: text } = await gateway.admin(url, {
          method: method.toUpperCase(),
          // Node sends a body of DELETE without a length otherwise.
          headers: { 'content-type': type, 'content-length': String(Buffer.byteLength(JSON.stringify(body))) },
          body,
        });
        assert.ok(status >= 200 && status < 300, `${method} ${path}, ${type}, ${name}: ${status} ${text}`);
      }
    }
  }

  /** The replay of a client needs requests, whose second is over. */
  async function requestsOf(client: string): Promise<void> {
    await httpRequest(`${gateway.trafficUrl}/api/hello`, { headers: { 'x-client-id': client } });
    await eventually('the request is recorded', async () => {
      const asked = { method: 'POST', body: { capacity: 1, rate_per_second: 1 } };
      return (await gateway.admin(`/v1/api/clients/${client}/what-if`, asked)).status === 200;
    });
  }

  /** The one field that no document can know: the plan of this gateway. */
  async function planned(body: object): Promise<object> {
    const { config } = body as { config: string };
    const check = await gateway.admin('/v1/api/config/check', { method: 'POST', body: { config } });
    return { ...body, plan_id: check.json<{ plan_id: string }>().plan_id };
  }
});
