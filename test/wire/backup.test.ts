import assert from 'node:assert/strict';
import { test } from 'node:test';
import { freePort } from '../support/free-port.ts';
import { httpRequest } from '../support/http-request.ts';
import { poolYaml } from '../support/pool-yaml.ts';
import { rawResponse, startRawBackend } from '../support/raw-socket.ts';
import { startTraffic } from '../support/traffic.ts';

test('a backup gets traffic only while no other backend is available', async (t) => {
  const [one, two, backup] = await Promise.all(
    ['one', 'two', 'backup'].map((body) => startRawBackend(rawResponse(body))),
  );
  t.after(() => Promise.all([one!.close(), two!.close(), backup!.close()]));
  const traffic = await startTraffic(
    poolYaml([{ url: backup!.url, backup: true }, { url: one!.url }, { url: two!.url }], ['algorithm: round-robin']),
  );
  t.after(() => traffic.close());
  const table = traffic.tables.backends;
  const bodies = async (): Promise<string[]> => {
    const answers: string[] = [];
    for (let count = 0; count < 6; count += 1) answers.push((await httpRequest(traffic.url)).body);
    return [...new Set(answers)].sort();
  };

  assert.deepEqual(await bodies(), ['one', 'two']);
  table.setDraining(1, true);
  assert.deepEqual(await bodies(), ['two']);
  table.setEnabled(2, false);
  assert.deepEqual(await bodies(), ['backup']);
  table.setDraining(1, false);
  assert.deepEqual(await bodies(), ['one']);
});

test('a request that the only regular backend refused is tried on a backup', async (t) => {
  const backup = await startRawBackend(rawResponse('backup'));
  t.after(() => backup.close());
  const traffic = await startTraffic(
    poolYaml([{ url: `http://127.0.0.1:${await freePort()}` }, { url: backup.url, backup: true }]),
  );
  t.after(() => traffic.close());
  assert.equal((await httpRequest(traffic.url)).body, 'backup');
});
