/** What WebSockets and calls of gRPC cost, and limits by a key: settled when they end. The limits refill too slowly to matter. */
import assert from 'node:assert/strict';
import { Metadata } from '@grpc/grpc-js';
import { test, type TestContext } from 'node:test';
import { eventually } from '../../support/eventually.ts';
import { EchoClient, startGrpcBackend } from '../../support/grpc.ts';
import { startPolicyWorld } from '../../support/policy-world.ts';
import { RawClient, rawResponse } from '../../support/raw-socket.ts';
import { poolOf, startTraffic, type Traffic } from '../../support/traffic.ts';
import { echo, startUpgradeBackend, SWITCHED, upgradeRequest } from '../../support/upgrade-backend.ts';

const CAPACITY = 1000;
const LIMITS = `rate_limit: { default: { capacity: ${CAPACITY}, rate_per_second: 0.0001 } }\n`;
const COST = 'cost: 2, cost_from: { header: x-request-cost, estimate: 100 }';

function used({ limiter, settings, tables }: Traffic): number {
  const { lo, hi } = limiter.hash('ip:127.0.0.1');
  const { capacity, ratePerSecond } = settings.rateLimit.default;
  const tokens = limiter.table.tokens(lo, hi, { capacity, ratePerSecond }, tables.clock.nowMs());
  return Math.round(CAPACITY - (tokens ?? CAPACITY));
}

const logged = async (traffic: Traffic): Promise<unknown> =>
  (await traffic.logged(({ msg }) => msg === 'request'))['cost'];

async function startUpgrades(t: TestContext, ...args: Parameters<typeof startUpgradeBackend>) {
  const backend = await startUpgradeBackend(...args);
  t.after(() => backend.close());
  const traffic = await startTraffic(poolOf([backend.url], `${LIMITS}routes: [{ pool: default, ${COST} }]`));
  t.after(() => traffic.close());
  return traffic;
}

test('a WebSocket costs its estimate, while it is open and afterwards', async (t) => {
  const traffic = await startUpgrades(t, echo);
  const client = new RawClient(traffic.port).send(`${upgradeRequest()}hello`);
  await client.until('hello');
  assert.equal(used(traffic), 100);
  client.destroy();
  assert.equal(await logged(traffic), 100);
  assert.equal(used(traffic), 100);
});

test('unless the header of its 101 says another cost', async (t) => {
  const traffic = await startUpgrades(t, (socket) => {
    socket.end(`${SWITCHED.replace('\r\n\r\n', '\r\nX-Request-Cost: 7\r\n\r\n')}hello`);
  });
  const client = new RawClient(traffic.port).send(upgradeRequest());
  assert.match(await client.closed(), /hello$/);
  assert.equal(await logged(traffic), 7);
  assert.equal(used(traffic), 7);
});

test('an upgrade that is refused costs what a request costs', async (t) => {
  const traffic = await startUpgrades(t, (socket) => socket.end(rawResponse('no', '403 Forbidden')));
  await new RawClient(traffic.port).send(upgradeRequest()).until('no');
  assert.equal(await logged(traffic), 2);
  assert.equal(used(traffic), 2);
});

test('calls of gRPC say their cost in the trailers: after one message, after many, and with an error', async (t) => {
  const cost = (value: string): Metadata => {
    const metadata = new Metadata();
    metadata.set('x-request-cost', value);
    return metadata;
  };
  const backend = await startGrpcBackend(t, {
    unary: (call, done) => {
      if (call.request === 'dear') done({ code: 8, details: 'too dear', metadata: cost('30') });
      else if (call.request === 'silent') done(null, 'no cost');
      else done(null, call.request, cost('7'));
    },
    download: (call) => {
      for (const letter of call.request) call.write(letter);
      call.end(cost('11'));
    },
  });
  const pool = '    protocol: h2c\nserver: { http2: { h2c: true } }\n';
  const traffic = await startTraffic(poolOf([backend.url], `${pool}${LIMITS}routes: [{ pool: default, ${COST} }]`));
  t.after(() => traffic.close());
  const client = new EchoClient(t, traffic.port);
  let expected = 0;
  const settles = async (tokens: number): Promise<void> => {
    expected += tokens;
    await eventually(`${expected} are used`, () => used(traffic) === expected);
  };
  assert.equal((await client.unary('x')).text, 'x');
  await settles(7);
  const letters: string[] = [];
  for await (const letter of client.download('abc')) letters.push(String(letter));
  assert.deepEqual(letters, ['a', 'b', 'c']);
  await settles(11);
  const refused = await client.unary('dear');
  assert.deepEqual([refused.error!.code, refused.status.metadata.get('x-request-cost')], [8, ['30']]);
  await settles(30);
  assert.equal((await client.unary('silent')).text, 'no cost');
  await settles(100);
});

test('a limit by a key is settled, too: a client that paid less may ask again', async (t) => {
  const { ask } = await startPolicyWorld(
    t,
    `${LIMITS}routes: [{ pool: default, ${COST}, rate_limit: { client: { capacity: 150, rate_per_second: 0.0001, key: '{header.x-key}' } } }]`,
    (request, socket) => {
      const [, cost] = /x-cost: (\d+)/i.exec(request)!;
      socket.write(rawResponse('ok', '200 OK', [`X-Request-Cost: ${cost}`]));
    },
  );
  const status = async (key: string, cost: number): Promise<number> =>
    Number((await ask('/', [`X-Key: ${key}`, `X-Cost: ${cost}`])).slice(9, 12));
  // 150, less 1 each time: the estimate of 100 fits until 50 are used.
  assert.deepEqual([await status('a', 1), await status('a', 1), await status('a', 48)], [200, 200, 200]);
  assert.deepEqual([await status('a', 250), await status('a', 1)], [200, 429]);
  assert.equal(await status('b', 1), 200);
});
