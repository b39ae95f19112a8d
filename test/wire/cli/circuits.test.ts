import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fakeBackendSwitches } from '../../support/fake-backends.ts';
import { adminServer, command } from '../../support/admin-server.ts';
import { fakeBackend, fakeCircuit, FakeTelemetry, STARTED_AT } from '../../support/fake-telemetry.ts';

describe('sluice circuits', () => {
  test('lists them, with those that an operator opened', async (t) => {
    const opened = fakeBackend({
      id: 'b2',
      circuit: fakeCircuit({ state: 'open', enabled: false, trips: 2, retryAt: STARTED_AT, forcedUntil: STARTED_AT }),
    });
    const off = fakeBackend({ id: 'b3', circuit: fakeCircuit({ enabled: false }) });
    const telemetry = Object.assign(new FakeTelemetry(), { backends: () => [fakeBackend(), opened, off] });
    const admin = ['--admin', await adminServer(t, { telemetry })];
    const { code, out } = await command(['circuits', ...admin]);
    assert.equal(code, 0);
    assert.deepEqual(out.split('\n'), [
      'BACKEND  CIRCUIT  FAILED   OF  IN A ROW  TRIPS  NEXT TRIAL',
      'api-1    closed        2  200         0      0  -',
      'b2       open          2  200         0      2  2026-01-02T03:04:05Z  opened by an operator until 2026-01-02T03:04:05Z',
      'b3       off           2  200         0      0  -',
      '',
    ]);
    const json = JSON.parse((await command(['circuits', '--json', ...admin])).out) as object;
    assert.deepEqual(Object.keys(json), ['api-1', 'b2', 'b3']);
  });

  test('opens one for a time, and closes it', async (t) => {
    const calls: unknown[] = [];
    const switches = {
      ...fakeBackendSwitches,
      named: (name: string) => [name],
      openCircuits: async (name: string, seconds: number) => (calls.push(['open', name, seconds]), [name]),
      resetCircuits: async (name: string) => (calls.push(['reset', name]), [name]),
    };
    const admin = ['--admin', await adminServer(t, { switches })];
    for (const words of [
      ['open', 'api-1', '--for', '5m'],
      ['open', 'web-1'],
      ['close', 'web-1'],
      ['reset', 'web-1'],
    ]) {
      const { code, err } = await command(['circuits', ...words, ...admin]);
      assert.equal(code, 0, err);
    }
    assert.deepEqual(calls, [
      ['open', 'api-1', 300],
      ['open', 'web-1', 60],
      ['reset', 'web-1'],
      ['reset', 'web-1'],
    ]);
  });

  test('names the nearest backend, and refuses what it cannot read', async (t) => {
    const { code, err } = await command(['circuits', 'open', 'wbe-1', '--admin', await adminServer(t)]);
    assert.equal(code, 1);
    assert.match(err, /^sluice circuits: no backend "wbe-1"; did you mean "web-1"\?; there are: api-1, /);
    for (const words of [['opne', 'a'], ['open'], ['list', 'a'], ['open', 'a', '--for', '0.5s'], ['close', 'a', 'b']]) {
      assert.equal((await command(['circuits', ...words])).code, 2, words.join(' '));
    }
  });
});
