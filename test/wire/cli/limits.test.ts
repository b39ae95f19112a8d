import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { adminServer, command } from '../../support/admin-server.ts';

describe('sluice limits', () => {
  test('shows the current limits, the most limited clients and one client', async (t) => {
    const admin = ['--admin', await adminServer(t)];
    const { code, out } = await command(['limits', ...admin]);
    assert.equal(code, 0);
    assert.match(out, /^state +on\ndefault +\d+, then \d+\/s\nglobal +/);
    const top = await command(['limits', 'top', ...admin]);
    assert.match(top.out, /^CLIENT +KIND +LIMIT +REQUESTS +REFUSED\n/);
    const usage = await command(['limits', 'client', '2001:db8::1', ...admin]);
    assert.deepEqual(usage.out.split('\n'), [
      'client         2001:db8::1 (ip, registered)',
      'counted as     2001:db8::1',
      'limit          30 in any 60 s',
      'left           12.346 of 30, full in 1.5 s',
      'quota a month  7 of 100 used on search, until 2027-01-01T00:00:00.000Z',
      '',
    ]);
    for (const words of [[], ['top'], ['client', 'app']]) {
      const json = await command(['limits', ...words, '--json', ...admin]);
      assert.equal(json.code, 0, json.err);
      assert.equal(typeof JSON.parse(json.out), 'object');
    }
  });

  test('refuses what it cannot read', async () => {
    for (const words of [
      ['tpo'],
      ['client'],
      ['client', 'a', 'b'],
      ['top', 'a'],
      ['top', '--by', 'size'],
      ['top', '--limit', '0'],
    ])
      assert.equal((await command(['limits', ...words])).code, 2, words.join(' '));
  });
});
