import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { LookupError, type Family, type Found } from '../../../../../src/addresses/control/name-lookup.ts';
import type { ServiceRecord } from '../../../../../src/addresses/control/service-lookup.ts';
import {
  createDnsSource,
  serviceMembers,
  type DnsDiscoverSettings,
} from '../../../../../src/discovery/control/sources/dns-source.ts';
import { SourceWorld } from '../../../../support/source-world.ts';

const ADDRESSES: DnsDiscoverSettings = {
  name: 'web.test',
  type: 'address',
  port: 8080,
  family: 'any',
  refreshMs: 10_000,
};
const SERVICE: DnsDiscoverSettings = { ...ADDRESSES, name: '_http._tcp.web.test', type: 'srv', port: null };
const NO_SUCH_NAME = new LookupError('host not found', true);
const SILENT = new LookupError('no DNS server answers', false);

function found(addresses: readonly string[], ttlMs = 2000, unknownFamily: Family | null = null): Found {
  return { addresses, ttlMs, unknownFamily };
}

function record(name: string, port: number, priority = 0, weight = 0): ServiceRecord {
  return { name, port, priority, weight };
}

/** @param answers of the server, in turn; the last one stays */
function start<T>(t: TestContext, settings: DnsDiscoverSettings, answers: (T | Error)[]) {
  const world = new SourceWorld();
  const asked: unknown[] = [];
  const answer = async (): Promise<T> => {
    const next = answers.length > 1 ? answers.shift()! : answers[0]!;
    if (next instanceof Error) throw next;
    return next;
  };
  const source = createDnsSource(
    settings,
    {
      lookupOf: (...given) => {
        asked.push(given);
        return answer as unknown as () => Promise<Found>;
      },
      lookUpService: (name) => {
        asked.push(name);
        return answer() as unknown as Promise<readonly ServiceRecord[]>;
      },
      clampTtlMs: (ttlMs) => Math.min(60_000, Math.max(1000, ttlMs)),
    },
    world.ports,
  );
  world.start(t, source);
  return { world, source, asked };
}

test('every address of a name is a member, and the name is looked up again when its TTL has passed', async (t) => {
  const { world, asked } = start(t, ADDRESSES, [found(['192.0.2.1', '2001:db8::1']), found(['192.0.2.2'], 0)]);
  await world.pass(0);
  assert.deepEqual(world.listed, ['192.0.2.1:8080', '2001:db8::1:8080']);
  assert.deepEqual(asked, [['web.test', [4, 6]]]);
  await world.pass(1999);
  assert.equal(world.answers.length, 1);
  await world.pass(1);
  assert.deepEqual(world.listed, ['192.0.2.2:8080']);
  assert.deepEqual(world.waits, [1000]);
});

test('family chooses the kind of addresses that are asked for', async (t) => {
  const { asked } = start(t, { ...ADDRESSES, family: 6 }, [found([])]);
  assert.deepEqual(asked, [['web.test', [6]]]);
});

test('a kind of addresses that no answer came about keeps its last ones', async (t) => {
  const { world } = start(t, ADDRESSES, [
    found(['192.0.2.1', '2001:db8::1']),
    found(['192.0.2.2'], 2000, 6),
    found(['2001:db8::2'], 2000, 4),
    found(['192.0.2.3']),
  ]);
  await world.pass(2000);
  assert.deepEqual(world.listed, ['192.0.2.2:8080', '2001:db8::1:8080']);
  await world.pass(2000);
  assert.deepEqual(world.listed, ['2001:db8::2:8080', '192.0.2.2:8080']);
  await world.pass(2000);
  assert.deepEqual(world.listed, ['192.0.2.3:8080']);
});

test('a name that does not exist is an empty list, and one that cannot be looked up is a failure', async (t) => {
  const { world, source } = start(t, ADDRESSES, [found(['192.0.2.1']), NO_SUCH_NAME, SILENT, found(['192.0.2.1'])]);
  await world.pass(2000);
  assert.deepEqual(world.last, { kind: 'list', members: [], refused: [] });
  assert.equal(source.isStrong, false);
  await world.pass(5000);
  assert.deepEqual(world.last, { kind: 'failed', reason: 'no DNS server answers' });
  await world.pass(500);
  assert.deepEqual(world.listed, ['192.0.2.1:8080']);
});

test('failures are retried after up to 1 s, doubling to 30 s, at random, and a success begins anew', async (t) => {
  const answers: (Found | Error)[] = [SILENT];
  const { world } = start(t, ADDRESSES, answers);
  await world.pass(0);
  for (const waitMs of [500, 1000, 2000, 4000, 8000, 15_000, 15_000]) {
    assert.deepEqual(world.waits, [waitMs]);
    await world.pass(waitMs);
  }
  answers[0] = found(['192.0.2.1']);
  await world.pass(15_000);
  answers[0] = SILENT;
  await world.pass(2000);
  assert.deepEqual(world.waits, [500]);
});

test('an answer that comes after the source was stopped is ignored', async (t) => {
  const late = Promise.withResolvers<Found>();
  const { world, source } = start(t, ADDRESSES, [late.promise as unknown as Found]);
  source.stop();
  late.resolve(found(['192.0.2.1']));
  await world.pass(60_000);
  assert.deepEqual(world.answers, []);
  assert.deepEqual(world.waits, []);
});

test('SRV records are looked up every refresh, since their TTL is unknown', async (t) => {
  const { world, asked } = start(t, SERVICE, [[record('a.test', 80)], NO_SUCH_NAME, [record('b.test', 81)]]);
  await world.pass(0);
  assert.deepEqual([asked, world.listed], [['_http._tcp.web.test'], ['a.test:80']]);
  await world.pass(10_000);
  assert.deepEqual(world.listed, []);
  await world.pass(10_000);
  assert.deepEqual(world.listed, ['b.test:81']);
});

test('SRV records of the lowest priority get the traffic, and all others are backups', () => {
  const members = serviceMembers([record('c.test', 3, 20, 5), record('A.test.', 1, 10, 5), record('b.test', 2, 10, 0)]);
  assert.deepEqual(
    members.map(({ address, port, weight, backup }) => [address, port, weight, backup]),
    [
      ['a.test', 1, 5, false],
      ['b.test', 2, 1, false],
      ['c.test', 3, 5, true],
    ],
  );
});

test('weights up to 1000 stay as they are, and larger ones are scaled with the largest at 1000', () => {
  const weights = (...given: number[]) =>
    serviceMembers(given.map((weight, at) => record(`${at}.test`, 80, 0, weight))).map(({ weight }) => weight);
  assert.deepEqual(weights(0, 1, 1000), [1, 1, 1000]);
  assert.deepEqual(weights(65_535, 32_768, 60, 0), [1000, 500, 1, 1]);
});

test('a target that occurs twice counts with its better priority, and the root means that there is none', () => {
  const members = serviceMembers([
    record('a.test', 80, 2),
    record('a.test', 80, 1),
    record('', 80, 0),
    record('.', 80),
  ]);
  assert.deepEqual(
    members.map(({ address, backup }) => [address, backup]),
    [['a.test', false]],
  );
  assert.deepEqual(serviceMembers([record('', 0)]), []);
});
