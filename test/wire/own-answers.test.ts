/** Whether a request's duration is a backend's, or the gateway's own. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HISTOGRAM_CELLS } from '../../src/core/histogram.ts';
import { DURATION_OF, type DurationOf, NO_ROUTE } from '../../src/runtime/metrics-table.ts';
import { httpRequest } from '../support/http-request.ts';
import { rawResponse, startRawBackend } from '../support/raw-socket.ts';
import { startTraffic, type Traffic } from '../support/traffic.ts';

function answers({ tables: { metrics } }: Traffic, route: number, of: DurationOf): number {
  const cells = new Float64Array(HISTOGRAM_CELLS);
  metrics.addHistogram(route, of, cells);
  return cells.reduce((sum, count) => sum + count, 0);
}

test('a backend’s answers and timeouts are counted apart from the gateway’s own 404, 429 and 503', async (t) => {
  const backend = await startRawBackend(rawResponse('ok'));
  t.after(() => backend.close());
  const silent = await startRawBackend('');
  t.after(() => silent.close());
  const traffic = await startTraffic(`
rate_limit: { default: { capacity: 5, rate_per_second: 0.001 } }
retries: { attempts: 0 }
pools:
  web: { backends: [{ url: "${backend.url}" }] }
  silent: { backends: [{ url: "${silent.url}" }] }
  off: { backends: [{ url: "${backend.url}", id: off, enabled: false }] }
routes:
  - { name: web, path_prefix: /web, pool: web }
  - { name: silent, path_prefix: /silent, pool: silent, timeout: 50ms }
  - { name: off, path_prefix: /off, pool: off }
`);
  t.after(() => traffic.close());
  const statuses: number[] = [];
  for (const path of ['/web', '/web', '/silent', '/off', '/none', '/web']) {
    statuses.push((await httpRequest(`${traffic.url}${path}`)).status);
  }
  assert.deepEqual(statuses, [200, 200, 504, 503, 404, 429]);
  await traffic.logged(({ status }) => status === 429);

  const counted = (route: number): number[] => [
    answers(traffic, route, DURATION_OF.forwarded),
    answers(traffic, route, DURATION_OF.own),
  ];
  const index = (name: string): number => traffic.snapshot.routes.find(({ settings }) => settings.name === name)!.index;
  assert.deepEqual(counted(index('web')), [2, 0]);
  assert.deepEqual(counted(index('silent')), [1, 0]);
  assert.deepEqual(counted(index('off')), [0, 1]);
  // Refused before the route lookup.
  assert.deepEqual(counted(NO_ROUTE), [0, 2]);
});
