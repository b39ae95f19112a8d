import assert from 'node:assert/strict';
import { test } from 'node:test';
import { controlPlugins, controlSettings } from '../../support/control-plugins.ts';
import { eventually } from '../../support/eventually.ts';
import { freePort } from '../../support/free-port.ts';
import { rawResponse, startRawBackend } from '../../support/raw-socket.ts';

const CHECKS = 'health_check: { interval: 200ms, fast_interval: 200ms, timeout: 150ms, rise: 1, fall: 1 }';

const poolOf = (id: string, url: string): string =>
  `${CHECKS}\npools: { p: { backends: [{ id: ${id}, url: "${url}" }] } }`;

test('what the probes find is in the table, in the history of the backend, and in the event log', async (t) => {
  const app = controlPlugins(t, controlSettings(poolOf('dead', `http://127.0.0.1:${await freePort()}`)));
  await app.ready();
  await eventually('the event log has it', () => app.events.page({ limit: 1, kind: 'health' }).items.length > 0);
  const [event] = app.events.page({ limit: 1, kind: 'health' }).items;
  assert.equal(event!.subject, 'dead');
  assert.equal(app.tables.backends.health(app.live.snapshot.pools[0]!.backends[0]!.index), 'down');
  assert.equal(app.conditions.report('dead').state, 'down');
  assert.deepEqual(
    app.backendHistory.of('dead').flatMap(({ kind, to }) => (kind === 'health' ? [to] : [])),
    ['down'],
  );
});

test('the prober follows new settings before the threads have them, and forgets what is gone', async (t) => {
  const backend = await startRawBackend(rawResponse('well'));
  t.after(() => backend.close());
  const app = controlPlugins(t, controlSettings(poolOf('old', backend.url)));
  await app.ready();
  await eventually('old is probed', () => app.health.lastProbe('old') !== undefined);
  await app.live.apply(controlSettings(poolOf('new', backend.url)), async () => {
    await eventually('new is probed', () => app.health.lastProbe('new') !== undefined);
  });
  assert.equal(app.health.lastProbe('old'), undefined);
  assert.deepEqual(app.conditions.report('new').state, 'healthy');
});
