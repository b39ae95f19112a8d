import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import {
  type ConsulDefinition,
  type ConsulProvider,
  createConsulSource,
} from '../../../src/discovery/control/sources/consul/consul-source.ts';
import { consulInstance, startConsul } from '../../support/consul-agent.ts';
import { eventually } from '../../support/eventually.ts';
import { registryWorld } from '../../support/registry-world.ts';

const WEB: ConsulDefinition = { service: 'web', tags: [], datacenter: null, namespace: null, partition: null };

async function beside(
  t: TestContext,
  definition: Partial<ConsulDefinition> = {},
  provider: Partial<ConsulProvider> = {},
) {
  const agent = await startConsul(t);
  agent.set([consulInstance('10.0.0.1')]);
  const world = registryWorld();
  const { url } = agent;
  const consul = { url, token: null, tls: { read: async () => ({}) }, ...provider };
  const source = createConsulSource({ ...WEB, ...definition }, consul, world.ports);
  const start = (): void => world.start(t, source);
  /** The next query is sent: a second after the one before it, at the earliest. */
  const due = async (): Promise<void> => {
    await eventually('the next query is due', () => world.untilNextTask() !== null && world.untilNextTask()! <= 1000);
    world.advance(world.untilNextTask()!);
  };
  const blocking = async (): Promise<void> => {
    await due();
    await eventually('a query waits', () => agent.blocked === 1);
  };
  return { agent, source, ...world, start, due, blocking };
}

test('passing instances are members, and changes arrive by blocking queries', async (t) => {
  const { agent, source, start, nextMembers, blocking } = await beside(t);
  start();
  assert.deepEqual(await nextMembers(), ['10.0.0.1:8080']);
  await blocking();
  agent.set([consulInstance('10.0.0.1'), consulInstance('10.0.0.2')]);
  assert.deepEqual(await nextMembers(), ['10.0.0.1:8080', '10.0.0.2:8080']);
  await blocking();
  agent.set([]);
  assert.deepEqual(await nextMembers(), []);
  assert.equal(source.isStrong, true, 'an empty list is meant');
  assert.deepEqual(
    agent.requests.map(([target]) => target),
    ['', '&index=11&wait=60s', '&index=12&wait=60s'].map((rest) => `/v1/health/service/web?passing=true${rest}`),
  );
});

test('tags, datacenter, namespace, partition and token are sent', async (t) => {
  const scope = { datacenter: 'dc2', namespace: 'shop', partition: 'eu' };
  const { agent, start, nextMembers } = await beside(
    t,
    { service: 'a b', tags: ['v2', 'eu'], ...scope },
    { token: 'tok' },
  );
  start();
  await nextMembers();
  assert.deepEqual(agent.requests, [
    ['/v1/health/service/a%20b?passing=true&tag=v2&tag=eu&dc=dc2&ns=shop&partition=eu', 'tok'],
  ]);
});

test('an instance has its own address, or its node’s, and weight, zone and identity', async (t) => {
  const { agent, start, next } = await beside(t);
  agent.set([
    consulInstance('', { ID: 'a', Weights: { Passing: 5, Warning: 1 }, Meta: { zone: 'meta' } }),
    consulInstance('10.0.0.2', { ID: 'b', Locality: { Region: 'eu', Zone: 'eu-1a' }, Meta: { zone: 'meta' } }),
    consulInstance(
      '10.0.0.3',
      { ID: 'c', Weights: { Passing: 65_535 } },
      { Meta: { region: 'hall', zone: 'rack' }, Node: 'node-2' },
    ),
    consulInstance('web-4.internal', { ID: 'd', Weights: { Passing: 0 } }),
    consulInstance('10.0.0.256', { ID: 'e' }),
    consulInstance('10.0.0.6', { ID: 'f', Port: 0 }),
  ]);
  start();
  const answer = await next();
  assert.equal(answer.kind, 'list');
  const plain = { port: 8080, weight: 1, backup: false, draining: false, region: null, zone: null };
  assert.deepEqual(answer, {
    kind: 'list',
    members: [
      { ...plain, address: '192.0.2.1', weight: 5, zone: 'meta', uid: 'node-1/a' },
      { ...plain, address: '10.0.0.2', region: 'eu', zone: 'eu-1a', uid: 'node-1/b' },
      { ...plain, address: '10.0.0.3', weight: 1000, region: 'hall', zone: 'rack', uid: 'node-2/c' },
      { ...plain, address: 'web-4.internal', uid: 'node-1/d' },
    ],
    refused: [
      'service "e" on node "node-1": its address is "10.0.0.256"',
      'service "f" on node "node-1": its port is 0; allowed: 1 to 65535',
    ],
  });
});

test('after an index that went back, nothing is relied on until what is missing is back', async (t) => {
  const { agent, source, start, nextMembers, blocking, due, log } = await beside(t);
  start();
  await nextMembers();
  await blocking();
  agent.set([], 3);
  assert.deepEqual(await nextMembers(), []);
  assert.equal(source.isStrong, false, 'so the member is held while it answers');
  assert.match(log.lines[0]!.message, /the index of Consul went back/);
  agent.set([consulInstance('10.0.0.1')], 4);
  await due();
  assert.deepEqual(await nextMembers(), ['10.0.0.1:8080']);
  assert.equal(source.isStrong, true);
  await blocking();
  const indexes = agent.requests.map(([target]) => /index=(\d+)/.exec(target)?.[1] ?? 'none');
  assert.deepEqual(indexes, ['none', '11', 'none', '4']);
});

const PASSING = '/v1/health/service/web?passing=true';

/** What an agent, or a proxy before it, may answer, and what is said about it. */
const BAD: readonly (readonly [name: string, status: number, body: string, headers: object, reason: RegExp])[] = [
  ['an error', 500, 'No cluster leader', {}, /^it answered 500: No cluster leader$/],
  ['a refusal', 403, 'ACL not found', {}, /^the token may not read the service \(403\): ACL not found$/],
  ['a redirect', 307, '', {}, /^it answered 307$/],
  ['no JSON', 200, '[{"Node":', { 'x-consul-index': '9' }, /^the answer of Consul is not JSON$/],
  ['no list', 200, '{}', { 'x-consul-index': '9' }, /did not answer with a list of instances/],
  ['another list', 200, '[{"ServiceID":"a"}]', { 'x-consul-index': '9' }, /did not answer with a list of instances/],
  ['no index', 200, '[]', {}, /without X-Consul-Index/],
  ['an index that is no number', 200, '[]', { 'x-consul-index': '-1' }, /without X-Consul-Index/],
  [
    'a list without what the token may not see',
    200,
    '[]',
    { 'x-consul-index': '9', 'x-consul-results-filtered-by-acls': 'true' },
    /^the token may not read all instances; its policy needs service "web" \{ policy = "read" \}, node_prefix/,
  ],
];

for (const [name, status, body, headers, reason] of BAD) {
  test(`${name} is a failure, and the next query answers at once`, async (t) => {
    const { agent, source, start, nextMembers, nextFailure, retry, blocking } = await beside(t);
    start();
    await nextMembers();
    agent.fault = (_request, response) => void response.writeHead(status, { ...headers }).end(body);
    await retry();
    assert.match(await nextFailure(), reason);
    agent.fault = null;
    await retry();
    assert.deepEqual(await nextMembers(), ['10.0.0.1:8080']);
    assert.equal(source.isStrong, true);
    await blocking();
    assert.deepEqual(
      agent.requests.map(([target]) => target),
      [PASSING, `${PASSING}&index=11&wait=60s`, PASSING, `${PASSING}&index=11&wait=60s`],
    );
  });
}

test('garbage and a hung agent are failures, too', async (t) => {
  const { agent, start, nextMembers, nextFailure, retry, advance, due } = await beside(t);
  start();
  await nextMembers();
  agent.fault = ({ socket }) => void socket.end('\0\xff garbage\r\n\r\n');
  await due();
  assert.match(await nextFailure(), /it does not answer with HTTP/);
  agent.fault = (_request, response) => void response.writeHead(200, { 'content-length': 100 }).end('[');
  await retry();
  assert.match(await nextFailure(), /broke off|aborted/);
  let asked = 0;
  agent.fault = () => void (asked += 1);
  await retry();
  await eventually('it is asked', () => asked === 1);
  advance(10_000);
  assert.match(await nextFailure(), /no answer within 10 s/);
});

test('a blocked query may take a minute and a little more, but not longer', async (t) => {
  const { agent, start, nextMembers, nextFailure, blocking, advance, waiting } = await beside(t);
  start();
  await nextMembers();
  await blocking();
  advance(73_749);
  assert.equal(agent.blocked, 1);
  assert.deepEqual(waiting, []);
  advance(1);
  assert.match(await nextFailure(), /no answer within 73\.75 s/);
});
