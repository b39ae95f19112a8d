import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { freePort } from '../../support/free-port.ts';
import { adminServer, command } from '../../support/admin-server.ts';
import { fakeWhatIf } from '../../support/fake-what-if.ts';

const CLIENT_REPORT = `app: would have refused 19 of 40 requests in the last 101 s; smallest capacity that refuses none: 39

                   NOW                           WHAT IF
LIMIT              30 in any 60 s                20, then 1/s
REFUSED            10                            19
LONGEST WAIT       61 s                          1 s
WORST MINUTE       10 refused from 11:59:21 UTC  19 refused from 11:59:21 UTC
SMALLEST CAPACITY  40                            39
SMALLEST RATE      –                             20/s

Ranges: as if the requests of each second were spread evenly, and as if they all came at its beginning.
Note: the limit is that of 3 gateways, the record is of this one only.
`;

const DEFAULT_REPORT = `Default limit: would have refused 10 of 40 requests in the last 101 s; smallest capacity that refuses none: 40

                   NOW             WHAT IF
LIMIT              100, then 10/s  30 in any 60 s
REFUSED            none            10
CLIENTS REFUSED    none            1
SMALLEST CAPACITY  31 to 40        40
SMALLEST RATE      any rate        –

CLIENT    REQUESTS  REFUSED
10.0.0.1        40       10

Ranges: as if the requests of each second were spread evenly, and as if they all came at its beginning.
Replayed: the busiest clients without a limit of their own, 1 of them. 100 % of all requests are recorded by client.
Note: the limit is that of 3 gateways, the record is of this one only.
`;

describe('sluice clients', () => {
  test('adds, shows, changes and removes a client', async (t) => {
    const admin = ['--admin', await adminServer(t)];
    const added = await command([
      'clients',
      'add',
      'mobile-app',
      '--capacity',
      '5',
      '--rate',
      '0.5',
      '--name',
      'The app',
      ...admin,
    ]);
    assert.deepEqual([added.code, added.err], [0, '']);
    assert.equal(
      added.out,
      'KEY         CAPACITY  RATE/S  ENABLED  API KEY  QUOTA  NAME\nmobile-app         5     0.5  yes      no              The app\n',
    );

    const changed = await command(['clients', 'set', 'mobile-app', '--rate', '7', '--disable', '--json', ...admin]);
    const { rate_per_second, capacity, enabled } = JSON.parse(changed.out) as Record<string, unknown>;
    assert.deepEqual([rate_per_second, capacity, enabled], [7, 5, false]);

    assert.equal((await command(['clients', 'remove', 'mobile-app', ...admin])).out, 'removed mobile-app\n');
    assert.equal((await command(['clients', 'list', ...admin])).out, 'no clients\n');
  });

  test('gives a client quotas, and takes them away', async (t) => {
    const admin = ['--admin', await adminServer(t)];
    const quotas = ['--quota-day', '100', '--quota-month', '2000'];
    assert.match((await command(['clients', 'add', 'app', ...quotas, ...admin])).out, / 100 a day, 2000 a month\n/);
    assert.match(
      (await command(['clients', 'set', 'app', '--quota-day', 'none', ...admin])).out,
      / no +2000 a month\n/,
    );
    const wrong = await command(['clients', 'set', 'app', '--quota-day', 'many', ...admin]);
    assert.deepEqual([wrong.code, wrong.err.includes("--quota-day: found 'many', allowed is a number")], [2, true]);
    assert.match((await command(['clients', 'what-if', 'app', ...quotas, ...admin])).err, /belong to add and set/);
  });

  test('recognizes addresses and blocks, and lists all as JSON', async (t) => {
    const admin = ['--admin', await adminServer(t)];
    for (const key of ['10.0.0.0/8', '2001:db8::1', 'user:1'])
      assert.equal((await command(['clients', 'add', key, ...admin])).code, 0);
    const { out } = await command(['clients', 'list', '--json', ...admin]);
    const kinds = (JSON.parse(out) as { key: string; client_id?: string }[]).map(({ key, client_id }) => [
      key,
      client_id ?? null,
    ]);
    assert.deepEqual(kinds, [
      ['10.0.0.0/8', null],
      ['2001:db8::1', null],
      ['user:1', 'user:1'],
    ]);
  });

  test('shows a new API key once', async (t) => {
    const { out } = await command(['clients', 'add', 'a', '--api-key', '--admin', await adminServer(t)]);
    assert.match(out, /API key, shown this once: slk_\S+\n$/);
  });

  test('a refusal by the API ends it with 1 and every wrong field', async (t) => {
    const admin = ['--admin', await adminServer(t)];
    await command(['clients', 'add', 'a', ...admin]);
    const twice = await command(['clients', 'add', 'a', ...admin]);
    assert.deepEqual(twice, {
      code: 1,
      out: '',
      err: 'sluice clients: 409 GW_CLIENT_EXISTS: A client with this key already exists\n',
    });
    const wrong = await command(['clients', 'add', '10.0.0.300', '--capacity', '0', '--rate=-1', ...admin]);
    assert.equal(wrong.code, 1);
    for (const field of ['ip_address', 'capacity', 'rate_per_second'])
      assert.match(wrong.err, new RegExp(`^ {2}${field}: must be`, 'm'));
    for (const words of [['remove'], ['set', '--rate', '5']]) {
      const [verb = '', ...flags] = words;
      const { code, err } = await command(['clients', verb, 'b', ...flags, ...admin]);
      assert.deepEqual([code, err], [1, 'sluice clients: no client "b"; did you mean "a"?; there are: a\n'], verb);
    }
  });

  test('tries a limit out on the last hour of a client, or of all under the default limit', async (t) => {
    const whatIf = fakeWhatIf({ 'id:app': { 960: 20, 961: 20 }, 'ip:10.0.0.1': { 960: 40 } });
    const admin = ['--admin', await adminServer(t, { whatIf })];
    const client = await command(['clients', 'what-if', 'app', '--capacity', '20', '--rate', '1', ...admin]);
    assert.deepEqual(client, { code: 0, out: CLIENT_REPORT, err: '' });
    const everybody = await command(['clients', 'what-if', '--capacity', '30', '--window', '60', ...admin]);
    assert.deepEqual(everybody, { code: 0, out: DEFAULT_REPORT, err: '' });
    const json = await command(['clients', 'what-if', 'app', '--json', ...admin]);
    assert.equal((JSON.parse(json.out) as { requests: number }).requests, 40);
  });

  test('a token is required, and read from the environment', async (t) => {
    const admin = ['--admin', await adminServer(t, { admin: { token: 'a-token-of-some-length' } })];
    const without = await command(['clients', 'list', ...admin]);
    assert.equal(without.code, 1);
    assert.match(without.err, /401 GW_UNAUTHORIZED: .*; give one in SLUICE_ADMIN_TOKEN or --token/);
    const wrong = await command(['clients', 'list', ...admin, '--token', 'another']);
    assert.match(wrong.err, /401 .*does not know this token/);
    assert.equal(
      (await command(['clients', 'list', ...admin], { SLUICE_ADMIN_TOKEN: 'a-token-of-some-length' })).code,
      0,
    );
  });

  test('a missing gateway is reported with its address', async () => {
    const url = `http://127.0.0.1:${await freePort()}`;
    const { code, err } = await command(['clients', 'list', '--admin', url]);
    assert.equal(code, 1);
    assert.equal(
      err,
      `sluice clients: cannot reach the admin API at ${url}: connection refused; start the gateway, or name another address with --admin\n`,
    );
  });

  for (const [args, expected] of [
    [[], /no action; allowed: list, add, set, remove, what-if/],
    [['lsit'], /unknown action 'lsit'; did you mean "list"\?; allowed: list, add, /],
    [['add'], /add needs the client's key/],
    [['set', 'a', '--window', '5'], /--window belongs to what-if/],
    [['what-if', 'a', '--window', 'x'], /--window: found 'x', allowed is a number/],
    [['set', 'a'], /set needs something to change/],
    [['set', 'a', '--enable', '--disable'], /one of --enable and --disable/],
    [['add', 'a', '--capacity', 'x'], /--capacity: found 'x', allowed is a number/],
    [['list', '--admin', 'ftp://x'], /--admin: found 'ftp:\/\/x', allowed is a URL/],
    [['list', '--jsno'], /unknown flag --jsno; did you mean --json\?/],
  ] as const) {
    test(`clients ${args.join(' ')} is a mistake of usage`, async () => {
      const { code, err } = await command(['clients', ...args]);
      assert.equal(code, 2);
      assert.match(err, expected);
    });
  }
});
