/** The table of locations is read again when it changes, under load; one with a mistake changes nothing. */
import assert from 'node:assert/strict';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { eventually } from '../support/eventually.ts';
import { startTestGateway } from '../support/gateway.ts';
import { httpRequest } from '../support/http-request.ts';
import { startLoad } from '../support/load.ts';

test('a changed table applies on all threads without a failed request, and a mistake in it changes nothing', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-geo-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'geo.txt');
  const others = Array.from({ length: 20_000 }, (_, at) => `10.${at >> 8}.${at & 255}.0/24 L${at % 300}`).join('\n');
  const replace = (line: string): void => {
    writeFileSync(`${file}.new`, `${others}\n${line}\n`);
    renameSync(`${file}.new`, file);
  };
  replace('127.0.0.0/8 DE');
  const gateway = await startTestGateway(
    t,
    `rate_limit: { enabled: false }
reload: { watch: true }
geo: { table: ${JSON.stringify(file)} }
pools: { p: { backends: [{ url: "http://127.0.0.1:1" }] } }
routes:
  - { name: de, match: { geo: [DE] }, respond: { body: de } }
  - { name: at, match: { geo: [AT] }, respond: { body: at } }
  - { name: rest, respond: { body: rest } }
`,
  );
  const bodies = async (): Promise<readonly string[]> =>
    Promise.all([1, 2, 3, 4].map(async () => (await httpRequest(gateway.trafficUrl)).body));
  assert.deepEqual(new Set(await bodies()), new Set(['de']));
  const load = startLoad(gateway.trafficUrl, { connections: 8, pauseMs: 2 });
  t.after(() => load.stop());
  for (const [line, body] of [
    ['127.0.0.0/8 AT', 'at'],
    ['# nothing', 'rest'],
    ['127.0.0.1 DE', 'de'],
  ] as const) {
    replace(line);
    await eventually(`the answer ${body}`, async () => (await bodies()).every((each) => each === body));
  }
  assert.ok(
    gateway.log.some(({ msg, changes }) => msg === 'reload' && JSON.stringify(changes).includes('"geo.table"')),
  );

  replace('127.0.0.0/8 New York');
  const isRefused = ({ msg }: Readonly<Record<string, unknown>>): boolean => msg === 'reload refused';
  await eventually('a refusal', () => gateway.log.some(isRefused));
  assert.match(JSON.stringify(gateway.log.find(isRefused)), /geo\.table: [^]*line 20001: [^]*New York/);
  assert.deepEqual(new Set(await bodies()), new Set(['de']));
  const explained = await gateway.admin('/v1/api/explain?path=/');
  const { route, geo } = JSON.parse(explained.body);
  assert.deepEqual({ route, geo }, { route: 'de', geo: { location: 'DE', source: 'table' } });
  replace('127.0.0.0/8 AT');
  await eventually('the table after the mistake', async () => (await bodies()).every((body) => body === 'at'));
  const { statuses } = await load.stop();
  assert.deepEqual(Object.keys(statuses), ['200']);
});
