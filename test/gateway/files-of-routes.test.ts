/** Files that routes answer with are read again when they change; one that cannot be used changes nothing. */
import assert from 'node:assert/strict';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { eventually } from '../support/eventually.ts';
import { startTestGateway } from '../support/gateway.ts';
import { httpRequest } from '../support/http-request.ts';

test('a changed file is the answer on all threads, and one that is too large is refused', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-files-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'down.html');
  const replace = (text: string): void => {
    writeFileSync(`${file}.new`, text);
    renameSync(`${file}.new`, file);
  };
  replace('one');
  const gateway = await startTestGateway(
    t,
    `rate_limit: { enabled: false }
reload: { watch: true }
pools: { p: { backends: [{ url: "http://127.0.0.1:1" }] } }
routes: [{ name: down, respond: { status: 503, file: ${JSON.stringify(file)} } }]
`,
  );
  const bodies = async (): Promise<readonly string[]> =>
    Promise.all([1, 2, 3, 4].map(async () => (await httpRequest(gateway.trafficUrl)).body));
  assert.deepEqual(new Set(await bodies()), new Set(['one']));
  replace('two');
  await eventually('the new text', async () => (await bodies()).every((body) => body === 'two'));
  assert.ok(
    gateway.log.some(({ msg, changes }) => msg === 'reload' && JSON.stringify(changes).includes('"respond.file"')),
  );
  replace('x'.repeat(1024 * 1024 + 1));
  await eventually('a refusal', () => gateway.log.some(({ msg }) => msg === 'reload refused'));
  assert.deepEqual(new Set(await bodies()), new Set(['two']));
  replace('three');
  await eventually('the text after the mistake', async () => (await bodies()).every((body) => body === 'three'));
  const shown = await gateway.admin('/v1/api/config');
  assert.ok(!shown.body.includes('three'), 'the contents are not part of the settings as they are shown');
});
