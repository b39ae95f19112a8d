import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseHosts } from '../../../../src/addresses/control/hosts-file.ts';
import { createLookups, type Family, type LookupPorts } from '../../../../src/addresses/control/name-lookup.ts';

type Zone = Record<string, readonly { address: string; ttl: number }[] | string>;

/** Keys are `name family`; a text is the error's code, `never` an answer that does not come. */
function ports(zone: Zone, more: Partial<LookupPorts> = {}) {
  const asked: string[] = [];
  const query = (name: string, family: Family) => {
    asked.push(`${name} ${family}`);
    const answer = zone[`${name} ${family}`] ?? 'ENOTFOUND';
    if (answer === 'never') return new Promise<never>(() => {});
    return typeof answer === 'string'
      ? Promise.reject(Object.assign(new Error(answer), { code: answer }))
      : Promise.resolve(answer);
  };
  const all: LookupPorts = {
    hosts: () => new Map(),
    rules: () => ({ search: [], ndots: 1 }),
    query,
    system: () => null,
    delay: async () => {},
    nowMs: () => 0,
    ...more,
  };
  return { asked, lookupOf: createLookups(all) };
}

const at = (address: string, ttl = 30) => ({ address, ttl });

test('every address of both kinds is found, and the shortest TTL counts', async () => {
  const { lookupOf } = ports({
    'app.test 4': [at('192.0.2.1'), at('192.0.2.2', 7)],
    'app.test 6': [at('2001:db8::1')],
  });
  assert.deepEqual(await lookupOf('App.Test')(), {
    addresses: ['192.0.2.1', '192.0.2.2', '2001:db8::1'],
    ttlMs: 7000,
    unknownFamily: null,
  });
});

test('a name in the hosts file needs no query', async () => {
  const { asked, lookupOf } = ports({}, { hosts: () => parseHosts('127.0.0.2 static.test\n::1 static.test') });
  assert.deepEqual((await lookupOf('static.test')()).addresses, ['127.0.0.2', '::1']);
  assert.deepEqual((await lookupOf('static.test.')()).addresses, ['127.0.0.2', '::1']);
  assert.deepEqual(asked, []);
});

test('localhost leads to this machine, whether or not the hosts file says so', async () => {
  const { lookupOf } = ports({});
  assert.deepEqual((await lookupOf('localhost')()).addresses, ['127.0.0.1', '::1']);
});

for (const code of ['ENODATA', 'ENOTFOUND']) {
  test(`a name without IPv6 addresses (${code}) has its IPv4 addresses, and nothing is unknown`, async () => {
    const { lookupOf } = ports({ 'app.test 4': [at('192.0.2.1')], 'app.test 6': code });
    assert.equal((await lookupOf('app.test')()).unknownFamily, null);
  });
}

for (const [why, answer] of [
  ['fails', 'ESERVFAIL'],
  ['does not come', 'never'],
] as const) {
  test(`when the answer for IPv6 ${why}, the IPv4 addresses are here all the same`, async () => {
    const { lookupOf } = ports({ 'app.test 4': [at('192.0.2.1')], 'app.test 6': answer });
    assert.deepEqual(await lookupOf('app.test')(), { addresses: ['192.0.2.1'], ttlMs: 30_000, unknownFamily: 6 });
  });
}

test('a short name is completed with the search domains, in the order of resolv.conf', async () => {
  const rules = () => ({ search: ['a.test', 'b.test'], ndots: 2 });
  const { asked, lookupOf } = ports({ 'app.b.test 4': [at('192.0.2.1')] }, { rules });
  assert.deepEqual((await lookupOf('app')()).addresses, ['192.0.2.1']);
  assert.deepEqual(asked, ['app.a.test 4', 'app.a.test 6', 'app.b.test 4', 'app.b.test 6']);
});

test('a name that cannot be resolved either way is not searched elsewhere: that could be another server', async () => {
  const rules = () => ({ search: ['a.test', 'b.test'], ndots: 1 });
  const { lookupOf } = ports({ 'app.a.test 4': 'ESERVFAIL', 'app.b.test 4': [at('192.0.2.1')] }, { rules });
  await assert.rejects(lookupOf('app')(), { message: 'the DNS server failed (SERVFAIL)', isNegative: false });
});

test('the system is asked for names that DNS does not know', async () => {
  const { lookupOf } = ports({}, { system: () => async () => ['192.0.2.9'] });
  assert.deepEqual(await lookupOf('printer.local')(), { addresses: ['192.0.2.9'], ttlMs: 5000, unknownFamily: null });
});

test('a name that DNS has answered is not looked up by the system when DNS is silent', async () => {
  const zone: Zone = { 'app.test 4': [at('192.0.2.1')] };
  let asked = 0;
  const { lookupOf } = ports(zone, { system: () => async () => [`192.0.2.${(asked += 1)}`] });
  const lookup = lookupOf('app.test');
  await lookup();
  zone['app.test 4'] = 'ETIMEOUT';
  await assert.rejects(lookup(), { message: 'no DNS server answers' });
  assert.equal(asked, 0);
});

test('a name that the system found is not held up by silent DNS servers', async () => {
  const zone: Zone = { 'app.test 4': 'ECONNREFUSED', 'app.test 6': 'ECONNREFUSED' };
  const { lookupOf } = ports(zone, { system: () => async () => ['192.0.2.9'] });
  const lookup = lookupOf('app.test');
  await lookup();
  zone['app.test 4'] = zone['app.test 6'] = 'never';
  assert.deepEqual((await lookup()).addresses, ['192.0.2.9']);
});

test('the system is asked for one name at a time, and a slow one rests', async () => {
  const waiting: { name: string; end: (addresses: readonly string[]) => void }[] = [];
  let nowMs = 0;
  const system = (name: string) => new Promise<readonly string[]>((end) => waiting.push({ name, end }));
  const { lookupOf } = ports({}, { system: () => system, nowMs: () => nowMs });
  const hung = lookupOf('hung.test');
  const first = hung();
  const other = lookupOf('other.test')();
  await new Promise(setImmediate);
  assert.deepEqual(
    waiting.map(({ name }) => name),
    ['hung.test'],
  );
  nowMs = 2001;
  waiting[0]!.end(['192.0.2.1']);
  await first;
  await new Promise(setImmediate);
  waiting[1]!.end(['192.0.2.2']);
  assert.deepEqual((await other).addresses, ['192.0.2.2']);
  await assert.rejects(hung(), { message: 'host not found' });
  assert.equal(waiting.length, 2);
});

test('only the wanted kind of addresses is asked for, and found in the hosts file and by the system', async () => {
  const { asked, lookupOf } = ports({ 'app.test 4': [at('192.0.2.1')], 'app.test 6': [at('2001:db8::1')] });
  assert.deepEqual((await lookupOf('app.test', [6])()).addresses, ['2001:db8::1']);
  assert.deepEqual(asked, ['app.test 6']);
  const hosts = () => parseHosts('192.0.2.1 both.test\n2001:db8::1 both.test');
  assert.deepEqual((await ports({}, { hosts }).lookupOf('both.test', [4])()).addresses, ['192.0.2.1']);
  const system = () => async () => ['192.0.2.1', '2001:db8::1'];
  assert.deepEqual((await ports({}, { system }).lookupOf('both.test', [6])()).addresses, ['2001:db8::1']);
});

test('that the other kind cannot be looked up does not matter where it is not wanted', async () => {
  const { lookupOf } = ports({ 'app.test 4': [at('192.0.2.1')], 'app.test 6': 'ESERVFAIL' });
  assert.equal((await lookupOf('app.test', [4])()).unknownFamily, null);
  assert.equal((await lookupOf('app.test')()).unknownFamily, 6);
});
