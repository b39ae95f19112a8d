import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { hashAccessToken } from '../../../src/admin-access/access-token.ts';
import { fakeBackendControl } from '../../support/fake-backends.ts';
import { adminServer, command } from '../../support/admin-server.ts';
import { FakeTelemetry } from '../../support/fake-telemetry.ts';

describe('sluice backends', () => {
  test('lists backends with what is wrong with them', async (t) => {
    const admin = ['--admin', await adminServer(t)];
    const { code, out } = await command(['backends', ...admin]);
    assert.equal(code, 0);
    assert.deepEqual(out.split('\n'), [
      'BACKEND                    POOL  URL                        STATE      WEIGHT  IN FLIGHT  REQUESTS  ERRORS    P95  CIRCUIT  FROM',
      'api-1                      api   http://10.0.0.1:8081       healthy         1          3       900   1.0 %  26 ms  closed   file',
      'http://10.0.0.2:8081/base  api   http://10.0.0.2:8081/base  unhealthy       1          0       100  50.0 %  26 ms  open     file',
      'web-1                      web   https://web.internal       unchecked       1          0         0   0.0 %      -  closed   file, weight, max_in_flight by API',
      'http://10.0.0.2:8081/base: 3 failed probes: connect refused',
      '',
    ]);
    const json = await command(['backends', 'list', '--pool', 'web', '--json', ...admin]);
    assert.deepEqual(
      (JSON.parse(json.out) as { id: string }[]).map(({ id }) => id),
      ['web-1'],
    );
    const one = await command(['backends', 'show', 'http://10.0.0.2:8081/base', '--json', ...admin]);
    assert.equal((JSON.parse(one.out) as { reason: string }).reason, 'unhealthy', 'an id is escaped');
  });

  test('names the nearest backend, and those that exist', async (t) => {
    const { code, err } = await command(['backends', 'drain', 'api1', '--admin', await adminServer(t)]);
    assert.equal(code, 1);
    assert.equal(
      err,
      'sluice backends: no backend "api1"; did you mean "api-1"?; there are: api-1, http://10.0.0.2:8081/base, web-1\n',
    );
  });

  test('says so if requests are still in flight when the time is over', async (t) => {
    const telemetry = new FakeTelemetry();
    const url = await adminServer(t, { telemetry, backends: { ...fakeBackendControl, change: async () => undefined } });
    const { code, err } = await command(['backends', 'drain', 'api-1', '--wait', '1ms', '--admin', url]);
    assert.equal(code, 1);
    assert.equal(err, 'sluice backends: api-1 is draining, and has 3 requests in flight still\n');
  });

  test('says which role a call needs', async (t) => {
    const token = 'viewer-token-of-a-test';
    const tokens = [{ name: 'eye', role: 'viewer' as const, hash: hashAccessToken(token) }];
    const url = await adminServer(t, { admin: { tokens } });
    const none = await command(['backends', 'drain', 'api-1', '--admin', url]);
    assert.equal(
      none.err,
      'sluice backends: 401 GW_UNAUTHORIZED: A valid bearer token is required; give one in SLUICE_ADMIN_TOKEN or --token\n' +
        '  authorization: this needs a token with the role operator\n',
    );
    const low = await command(['backends', 'drain', 'api-1', '--admin', url, '--token', token]);
    assert.equal(low.err, 'sluice backends: 403 GW_FORBIDDEN: This needs the role operator; yours is viewer\n');
    assert.deepEqual([none.code, low.code], [1, 1]);
  });

  test('reports every mistake of the command line', async () => {
    const mistakes: readonly (readonly [readonly string[], RegExp])[] = [
      [['lst'], /^sluice backends: unknown action 'lst'; did you mean "list"\?; allowed: list, show, add, drain, /],
      [['list', 'b1'], /^sluice backends: list: found 1 words; allowed: none\n/],
      [['drain'], /^sluice backends: drain: found 0 words; allowed: ID\n/],
      [['weight', 'b1'], /^sluice backends: weight: found 1 words; allowed: ID N\n/],
      [['weight', 'b1', '0'], /^sluice backends: weight: found '0', allowed is a whole number from 1 to 1000\n/],
      [['drain', 'b1', '--pool', 'p', '--backup'], /--pool belongs to list and add\n.*--backup belongs to add\n/],
      [
        ['--count', '3'],
        /^sluice backends: operates a running gateway; sample servers are now sluice demo-backends\n$/,
      ],
    ];
    for (const [args, expected] of mistakes) {
      const { code, err } = await command(['backends', ...args]);
      assert.equal(code, 2, args.join(' '));
      assert.match(err, expected);
    }
  });

  test('finds the gateway by SLUICE_ADMIN_URL, and says how to name another', async (t) => {
    const url = await adminServer(t);
    assert.equal((await command(['backends'], { SLUICE_ADMIN_URL: url })).code, 0);
    const { code, err } = await command(['backends'], { SLUICE_ADMIN_URL: 'gateway' });
    assert.deepEqual(
      [code, err.split('\n')[0]],
      [2, "sluice backends: SLUICE_ADMIN_URL: found 'gateway', allowed is a URL such as http://127.0.0.1:9000"],
    );
  });
});
