import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { RawClient, rawResponse, startRawBackend } from '../support/raw-socket.ts';
import { proxyV2, v4Payload } from '../support/proxy-header.ts';
import { poolOf, startTraffic, type Traffic } from '../support/traffic.ts';
import { echo, startUpgradeBackend, upgradeRequest } from '../support/upgrade-backend.ts';

const GET = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n';
const V1 = 'PROXY TCP4 192.0.2.1 198.51.100.2 56324 443\r\n';

/** Answers with the X-Forwarded-For that it was sent. */
async function start(t: TestContext, server: string, more = ''): Promise<Traffic> {
  const backend = await startRawBackend((request, socket) => {
    socket.write(rawResponse(`from ${/x-forwarded-for: (.*)\r\n/i.exec(request)?.[1]};`));
  });
  t.after(() => backend.close());
  const traffic = await startTraffic(poolOf([backend.url], `server: { ${server} }\n${more}`));
  t.after(() => traffic.close());
  return traffic;
}

function dial(t: TestContext, traffic: Traffic): RawClient {
  const client = new RawClient(traffic.port);
  t.after(() => client.destroy());
  return client;
}

const FROM_HERE = 'proxy_protocol_from: [127.0.0.0/8]';

test('the address in the header is the peer: for the backend, the limiter and the log', async (t) => {
  const traffic = await start(
    t,
    `proxy_protocol: any, ${FROM_HERE}`,
    'rate_limit: { default: { capacity: 1, rate_per_second: 0.001 } }',
  );
  await dial(t, traffic).send(V1).send(GET).until('from 192.0.2.1;');
  await dial(t, traffic)
    .send(proxyV2(0x21, 0x11, v4Payload([192, 0, 2, 2])))
    .send(GET)
    .until('from 192.0.2.2;');
  await dial(t, traffic).send(V1).send(GET).until('GW_RATE_LIMITED');
  await traffic.logged((line) => line['client'] === 'ip:192.0.2.2');
});

test('a header may come byte by byte, and in one piece with several requests', async (t) => {
  const traffic = await start(t, `proxy_protocol: any, ${FROM_HERE}`);
  for (const header of [Buffer.from(V1), proxyV2(0x21, 0x11, v4Payload([192, 0, 2, 1]))]) {
    const slow = dial(t, traffic);
    for (const byte of Buffer.concat([header, Buffer.from(GET)])) {
      slow.send(Buffer.from([byte]));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await slow.until('from 192.0.2.1;');
    slow.send(GET);
    await slow.until((received) => received.split('from 192.0.2.1;').length === 3);

    const fast = dial(t, traffic).send(Buffer.concat([header, Buffer.from(GET + GET)]));
    await fast.until((received) => received.split('from 192.0.2.1;').length === 3);
  }
});

test('TLVs are skipped; LOCAL and UNKNOWN keep the address of the connection; IPv6 is read', async (t) => {
  const traffic = await start(t, `proxy_protocol: any, ${FROM_HERE}`);
  const payload = Buffer.concat([v4Payload([192, 0, 2, 3]), Buffer.from([0x04, 0x10, 0x00]), Buffer.alloc(4096)]);
  await dial(t, traffic)
    .send(proxyV2(0x21, 0x11, payload))
    .send(GET)
    .until('from 192.0.2.3;');
  await dial(t, traffic).send(proxyV2(0x20, 0x00)).send(GET).until('from 127.0.0.1;');
  await dial(t, traffic).send('PROXY UNKNOWN\r\n').send(GET).until('from 127.0.0.1;');
  await dial(t, traffic).send('PROXY TCP6 2001:db8::9 ::1 1 2\r\n').send(GET).until('from 2001:db8::9;');
});

test('X-Forwarded-For of a client behind the balancer does not count, unless it is a trusted proxy itself', async (t) => {
  const traffic = await start(t, `proxy_protocol: v1, ${FROM_HERE}, trust_proxy: [10.0.0.0/8]`);
  const get = GET.replace('\r\n\r\n', '\r\nX-Forwarded-For: 203.0.113.5\r\n\r\n');
  await dial(t, traffic).send(V1).send(get).until('from 192.0.2.1;');
  await dial(t, traffic).send('PROXY TCP4 10.1.1.1 10.0.0.2 1 2\r\n').send(get).until('from 203.0.113.5, 10.1.1.1;');
});

for (const [claim, bytes] of [
  ['no header', GET],
  ['garbage', 'PROXY what ever\r\n'],
  ['a line that is too long', `PROXY UNKNOWN ${'x'.repeat(200)}\r\n${GET}`],
  ['the other version', proxyV2(0x21, 0x11, v4Payload([192, 0, 2, 1]))],
] as const) {
  test(`a connection with ${claim} is closed without an answer, and counted`, async (t) => {
    const traffic = await start(t, `proxy_protocol: v1, ${FROM_HERE}`);
    assert.equal(await dial(t, traffic).send(bytes).closed(), '');
    const line = await traffic.logged((each) => each['msg'] === 'connections refused');
    assert.match(String(line['reason']), /^proxy_protocol: /);
    // Others are served as before.
    await dial(t, traffic).send(V1).send(GET).until('from 192.0.2.1;');
  });
}

test('an incomplete header is waited for as long as a head', async (t) => {
  const traffic = await start(t, `proxy_protocol: any, head_timeout: 200ms, ${FROM_HERE}`);
  assert.equal(await dial(t, traffic).send('PROXY TCP4 ').closed(), '');
  const line = await traffic.logged((each) => each['msg'] === 'connections refused');
  assert.equal(line['reason'], 'proxy_protocol: the header took too long');
  const half = dial(t, traffic).send('PROXY');
  half.socket.end();
  await half.closed();
});

test('an unlisted peer may not send a header; trust_proxy lists them if nothing else does', async (t) => {
  const strange = await start(t, 'proxy_protocol: v1, proxy_protocol_from: [10.0.0.0/8], trust_proxy: [127.0.0.1]');
  assert.equal(await dial(t, strange).send(V1).send(GET).closed(), '');
  const trusted = await start(t, 'proxy_protocol: v1, trust_proxy: [127.0.0.1]');
  await dial(t, trusted).send(V1).send(GET).until('from 192.0.2.1;');
});

test('a header is not taken when the protocol is off', async (t) => {
  const traffic = await start(t, 'trust_proxy: [127.0.0.1]');
  assert.match(await dial(t, traffic).send(V1).send(GET).closed(), /^HTTP\/1\.1 400 /);
});

test('an upgrade behind a header has its address too', async (t) => {
  const backend = await startUpgradeBackend(echo);
  t.after(() => backend.close());
  const traffic = await startTraffic(poolOf([backend.url], `server: { proxy_protocol: v1, ${FROM_HERE} }`));
  t.after(() => traffic.close());
  await dial(t, traffic).send(`${V1}${upgradeRequest()}early`).until('early');
  assert.match(backend.heads[0]!, /\r\nx-forwarded-for: 192\.0\.2\.1\r\n/);
});
