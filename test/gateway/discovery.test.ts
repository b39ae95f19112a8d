/** Members that come and go at run time, in a whole gateway: they get traffic, and no request is harmed. */
import assert from 'node:assert/strict';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import type { BackendView } from '../../src/backends/api/backend-view.ts';
import { startSampleBackends } from '../../src/cli/sample-backends/sample-backends.ts';
import { eventually } from '../support/eventually.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { httpRequest } from '../support/http-request.ts';

const MORE = 'rate_limit: { enabled: false }\ndiscovery: { debounce: 20ms }\n';

async function samples(t: TestContext, count: number): Promise<readonly string[]> {
  const { backends, close } = await startSampleBackends({ count });
  t.after(close);
  return backends.map(({ url }) => url);
}

/** A list of members that a test rewrites, as one step. */
function memberFile(t: TestContext): { path: string; write: (urls: readonly string[]) => void } {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-members-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'web.yaml');
  const write = (urls: readonly string[]): void => {
    writeFileSync(`${path}.new`, urls.map((url) => `- url: ${url}\n`).join(''));
    renameSync(`${path}.new`, path);
  };
  return { path, write };
}

function poolsFrom(path: string, more = MORE): string {
  return `pools:\n  web:\n    discover: { file: { path: "${path}" }, hold: 0s }\n    algorithm: round-robin\n${more}`;
}

async function backends(gateway: TestGateway): Promise<readonly BackendView[]> {
  return (await gateway.admin('/v1/api/backends')).json<BackendView[]>();
}

async function shares(gateway: TestGateway, count = 40): Promise<Record<string, number>> {
  const answers = await Promise.all(Array.from({ length: count }, () => httpRequest(gateway.trafficUrl)));
  const counts: Record<string, number> = {};
  for (const { status, headers } of answers) {
    const name = status === 200 ? String(headers['x-backend']) : String(status);
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

test('the members of a file get traffic from the first request on, and follow the file', async (t) => {
  const [one, two, three] = await samples(t, 3);
  const file = memberFile(t);
  file.write([one!, two!]);
  const gateway = await startTestGateway(t, poolsFrom(file.path));
  assert.deepEqual(await shares(gateway), { 'replica-1': 20, 'replica-2': 20 });
  const found = (await backends(gateway)).map(({ id, source }) => ({ id, source }));
  const ids = [one!, two!].map((url) => `web-127.0.0.1-${new URL(url).port}`).toSorted();
  assert.deepEqual(
    found,
    ids.map((id) => ({ id, source: 'discovery' })),
  );
  file.write([two!, three!]);
  const expected = { 'replica-2': 20, 'replica-3': 20 };
  await eventually('the third takes part', async () => isDeepStrictEqual(await shares(gateway), expected));
});
