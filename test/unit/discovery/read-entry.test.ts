import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memberId } from '../../../src/discovery/core/member-id.ts';
import { memberUrl, readEntries, readEntry, rejectMember } from '../../../src/discovery/read-entry.ts';

const PLAIN = { weight: 1, backup: false, draining: false, region: null, zone: null, uid: null };

test('an entry names its server by URL, or by address and port', () => {
  assert.deepEqual(readEntry({ url: 'http://10.0.0.7:8080', weight: 3, backup: true }, 'http'), {
    ...PLAIN,
    address: '10.0.0.7',
    port: 8080,
    weight: 3,
    backup: true,
  });
  assert.deepEqual(readEntry({ url: 'https://Web.Example' }, 'https'), { ...PLAIN, address: 'web.example', port: 443 });
  assert.deepEqual(readEntry({ url: 'h2c://[fd00::7]:90/' }, 'http'), { ...PLAIN, address: 'fd00::7', port: 90 });
  assert.deepEqual(
    readEntry({ address: '[fd00::7]', port: 90, uid: 'a', region: 'r', zone: 'z', draining: true }, 'http'),
    {
      ...PLAIN,
      address: 'fd00::7',
      port: 90,
      uid: 'a',
      region: 'r',
      zone: 'z',
      draining: true,
    },
  );
  assert.equal(readEntry({ url: 'http://10.0.0.7', enabled: false }, 'http'), null);
});

const WRONG: readonly (readonly [string, unknown, RegExp])[] = [
  ['a text', 'http://10.0.0.7', /^not a mapping$/],
  ['a list', [], /^not a mapping$/],
  ['an unknown key', { url: 'http://h', wait: 1 }, /^unknown key "wait"; allowed: url, address, port/],
  ['nothing', {}, /^url is missing, or address and port$/],
  ['both', { url: 'http://h', port: 1 }, /^url already has the address and the port$/],
  ['another scheme', { url: 'https://h' }, /its scheme is https, and that of the pool's members is http/],
  ['a base path', { url: 'http://h/base' }, /members have no base path/],
  ['credentials', { url: 'http://me:secret@h' }, /^url: it contains credentials, which do not belong in a URL$/],
  ['no port', { address: 'h' }, /^port: found nothing; allowed: an integer from 1 to 65535$/],
  ['port 0', { address: 'h', port: 0 }, /^port: found 0/],
  [
    'a URL as address',
    { address: 'http://h', port: 1 },
    /^address: found "http:\/\/h": the host or the port is malformed$/,
  ],
  ['an address with a port', { address: '10.0.0.1:80', port: 1 }, /^address: .*malformed/],
  ['weight 0', { url: 'http://h', weight: 0 }, /^weight: found 0; allowed: an integer from 1 to 1000$/],
  ['a text as switch', { url: 'http://h', backup: 'yes' }, /^backup: found "yes"; allowed: true, false$/],
  ['a long uid', { url: 'http://h', uid: 'u'.repeat(129) }, /^uid: found "u+…"; allowed: 1 to 128/],
];

for (const [what, entry, message] of WRONG) {
  test(`${what} is refused, with the reason`, () => {
    const read = readEntry(entry, 'http');
    assert.ok(typeof read === 'string', JSON.stringify(read));
    assert.match(read, message);
  });
}

test('a bad entry is named, the others count, and of many only the first are named', () => {
  const { members, refused } = readEntries([{ url: 'http://a' }, 1, { url: 'http://b' }], 'http', 'web.yaml');
  assert.deepEqual(
    members.map(({ address }) => address),
    ['a', 'b'],
  );
  assert.deepEqual(refused, ['web.yaml: entry 2: not a mapping']);
  const many = readEntries(Array(50).fill(1), 'http').refused;
  assert.deepEqual([many.length, many.at(-1)], [21, 'and 30 more']);
});

test('what a protocol gave is checked, too', () => {
  assert.equal(rejectMember({ ...PLAIN, address: 'fd00::7', port: 80 }), undefined);
  assert.match(rejectMember({ ...PLAIN, address: 'a b', port: 80 })!, /^address: found "a b"/);
  assert.match(rejectMember({ ...PLAIN, address: 'a', port: 70_000 })!, /^port: found 70000/);
  assert.match(rejectMember({ ...PLAIN, address: 'a', port: 1, weight: 0.5 })!, /^weight: found 0.5/);
});

test('a member has the same id and URL wherever it comes from', () => {
  assert.equal(memberUrl({ address: 'fd00::7', port: 80 }, 'http'), 'http://[fd00::7]');
  assert.equal(memberId('web', { address: '10.0.0.7', port: 8080 }), 'web-10.0.0.7-8080');
  // Different addresses stay different.
  assert.equal(memberId('web', { address: 'fd00::7', port: 80 }), 'web-fd00--7-80');
  const long = memberId('web', { address: 'x'.repeat(250), port: 80 });
  assert.ok(long.length <= 120 && long !== memberId('web', { address: `${'x'.repeat(249)}y`, port: 80 }));
});
