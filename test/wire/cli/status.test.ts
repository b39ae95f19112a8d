import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { GatewayStatusAnswer } from '../../../src/health/api/gateway-status-view.ts';
import { fakeConfiguration } from '../../support/admin-app.ts';
import { adminServer, command } from '../../support/admin-server.ts';
import { fakeBackend, FakeTelemetry } from '../../support/fake-telemetry.ts';
import { freePort } from '../../support/free-port.ts';
import type { GatewayReport } from '../../../src/telemetry/control/reports.ts';

/** Telemetry with some of its report changed. */
function telemetryOf(changes: Partial<GatewayReport>): { readonly telemetry: FakeTelemetry } {
  const telemetry = new FakeTelemetry();
  const report = telemetry.report();
  return { telemetry: Object.assign(telemetry, { report: () => ({ ...report, ...changes }) }) };
}

const running = new FakeTelemetry().report().threads.slice(0, 1);

describe('sluice status', () => {
  test('of a healthy gateway ends with 0', async (t) => {
    const healthy = telemetryOf({ backends: [fakeBackend()], threads: running, exporters: [] });
    const admin = ['--admin', await adminServer(t, healthy)];
    const { code, out } = await command(['status', ...admin]);
    assert.deepEqual(out.split('\n'), [
      'gw-test is healthy',
      '  version        0.1.0 (source), up 1h 00m',
      '  threads        1 of 1 running',
      '  traffic        25.5 requests/s, 3 in flight, 1.2 % errors, 1.0 % refused',
      '  limits         local',
      '  configuration  flags, snapshot 1, applied 1970-01-01T00:00:00Z',
      '  database       embedded, available',
      'pools',
      '  api  1 of 1 available',
      '',
    ]);
    assert.equal(code, 0);
    const json = JSON.parse((await command(['status', '--json', ...admin])).out) as GatewayStatusAnswer;
    assert.deepEqual([json.status, json.error_share, json.warnings], ['healthy', 0.012, []]);
  });

  test('of a degraded one says why, and ends with 1', async (t) => {
    const report = new FakeTelemetry().report();
    const { code, out } = await command([
      'status',
      '--admin',
      await adminServer(
        t,
        telemetryOf({
          database: { mode: 'postgres', available: false },
          limiter: { ...report.limiter, dryRun: true },
        }),
      ),
    ]);
    assert.equal(code, 1);
    assert.match(out, /^gw-test is degraded\n/);
    assert.match(out, /^pools\n {2}api {2}1 of 2 available {2}1 healthy\n/m);
    assert.match(out, /^reasons\n {2}backend http:\/\/10\.0\.0\.2:8081\/base: 3 failed probes: connect refused\n/m);
    assert.match(
      out,
      /^ {2}traffic thread 1 is starting\n {2}the database is away: .*\n {2}dry run: no limit refuses anything\n/m,
    );
  });

  test('reports a refused reload and keys that wait for a restart', async (t) => {
    const report = {
      ...fakeConfiguration().report(),
      lastError: 'sluice.yaml:2:3: unknown key',
      restartRequired: ['server.port'],
    };
    const configuration = { ...fakeConfiguration(), report: () => report };
    const { out } = await command(['status', '--admin', await adminServer(t, { configuration })]);
    assert.match(
      out,
      /^warnings\n {2}the last reload was refused: sluice\.yaml:2:3: unknown key\n {2}applies after a restart only: server\.port\n/m,
    );
  });

  test('of one that is not ready, or gives no answer, ends with 3', async (t) => {
    const readiness = () => ({ ready: false, reasons: ['stopping'] });
    const unready = await command(['status', '--admin', await adminServer(t, { readiness })]);
    assert.equal(unready.code, 3);
    assert.match(unready.out, /^gw-test is unavailable\n[^]*^reasons\n {2}stopping\n/m);
    const url = `http://127.0.0.1:${await freePort()}`;
    const { code, err } = await command(['status', '--admin', url]);
    assert.equal(code, 3);
    assert.equal(
      err,
      `sluice status: cannot reach the admin API at ${url}: connection refused; start the gateway, or name another address with --admin\n`,
    );
  });

  test('that is refused ends with 1, not 3', async (t) => {
    const url = await adminServer(t, { admin: { token: 'the-token-of-this-test' } });
    const { code, err } = await command(['status', '--admin', url]);
    assert.equal(code, 1);
    assert.match(err, /this needs a token with the role viewer/);
  });
});
