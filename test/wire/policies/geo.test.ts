/** Routes by the location of the client: stated by a trusted proxy, or from the operator's table. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { deciderOf, foresee } from '../../support/foreseen.ts';
import { startPolicyWorld } from '../../support/policy-world.ts';

const ROUTES = `routes:
  - { name: dach, pool: default, match: { geo: [DE, at] }, response_headers: { set: { x-route: "{geo}" } } }
  - { name: blocked, match: { geo: [KP] }, respond: { status: 451, body: no } }
  - { name: post, pool: default, methods: [POST], match: { headers: { x-any: "*" } } }
  - { name: rest, pool: default, request_headers: { set: { x-location: "{geo}" } } }
`;

function tableFile(t: TestContext, text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-geo-'));
  t.after(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'geo.txt'), text);
  return join(folder, 'geo.txt');
}

test('the header of a trusted proxy chooses the route, goes to the backend and into the access log', async (t) => {
  const { ask, requests, log } = await startPolicyWorld(
    t,
    `server: { trust_proxy: [127.0.0.1] }\ngeo: { header: CF-IPCountry }\n${ROUTES}`,
  );
  assert.match(await ask('/', ['CF-IPCountry: AT']), /^HTTP\/1\.1 200 [^]*\r\nx-route: AT\r\n/);
  assert.match(await ask('/', ['cf-ipcountry: de']), /\r\nx-route: de\r\n/);
  // A client chooses its method and fields, but not where it is.
  assert.match(await ask('POST /', ['CF-IPCountry: KP', 'X-Any: 1']), /^HTTP\/1\.1 451 /);
  assert.match(await ask('/', ['CF-IPCountry: US']), /^HTTP\/1\.1 200 /);
  assert.match(requests.at(-1)!, /\r\nx-location: US\r\n/);
  assert.match(requests.at(-1)!, /\r\nCF-IPCountry: US\r\n/);
  assert.doesNotMatch(await ask('/', ['CF-IPCountry: DE, KP']), /x-route/);
  assert.match(await ask('/'), /^HTTP\/1\.1 200 /);
  assert.doesNotMatch(requests.at(-1)!, /x-location/);
  assert.deepEqual(
    log.filter(({ msg }) => msg === 'request').map(({ geo = null, route }) => [geo, route]),
    [
      ['AT', 'dach'],
      ['de', 'dach'],
      ['KP', 'blocked'],
      ['US', 'rest'],
      [null, 'rest'],
      [null, 'rest'],
    ],
  );
});

for (const header of ['CF-IPCountry', 'X-Our-Country']) {
  test(`${header} of anyone else is neither honoured nor passed on`, async (t) => {
    const { ask, requests, log } = await startPolicyWorld(
      t,
      `server: { trust_proxy: [10.0.0.0/8] }\ngeo: { header: ${header} }\n${ROUTES}`,
    );
    const spelled = header.replaceAll('-', '_');
    assert.doesNotMatch(await ask('/', [`${header}: DE`, `${spelled}: DE`, 'X-Other: 1']), /x-route/);
    assert.match(await ask('/', [`${header}: KP`]), /^HTTP\/1\.1 200 /);
    assert.match(requests[0]!, /X-Other: 1/);
    assert.doesNotMatch(requests.join(), /country: |location/i);
    assert.ok(log.every(({ geo }) => geo === undefined));
  });
}

test('the table says where the address behind trusted proxies is', async (t) => {
  const file = tableFile(t, '192.0.2.0/24 DE\n192.0.2.128/25 KP\n2001:db8::/32 AT\n');
  const world = await startPolicyWorld(
    t,
    `server: { trust_proxy: [127.0.0.1] }\ngeo: { header: x-country, table: ${JSON.stringify(file)} }\n${ROUTES}`,
  );
  const from = (address: string, ...more: readonly string[]) =>
    world.ask('/', [`X-Forwarded-For: ${address}`, ...more]);
  assert.match(await from('192.0.2.1'), /\r\nx-route: DE\r\n/);
  assert.match(await from('192.0.2.200'), /^HTTP\/1\.1 451 /);
  assert.match(await from('2001:db8::7'), /\r\nx-route: AT\r\n/);
  assert.doesNotMatch(await from('198.51.100.1'), /x-route/);
  // What a client wrote in front of the proxy's entry is not its address.
  assert.match(await from('192.0.2.1, 192.0.2.200'), /^HTTP\/1\.1 451 /);
  // The proxy knows better.
  assert.match(await from('192.0.2.200', 'X-Country: DE'), /\r\nx-route: DE\r\n/);

  const explained = async (address: string, headers: Readonly<Record<string, string>> = {}) => {
    const { geo, steps, ...rest } = await foresee(world, '/', { address, headers });
    return [
      geo?.name ?? null,
      steps.find(({ step }) => step === 'geo')!.text,
      deciderOf({ geo, steps, ...rest })?.step,
    ];
  };
  assert.deepEqual(await explained('192.0.2.200', { 'x-country': 'DE' }), [
    'KP',
    'the client is in KP: the table has 192.0.2.200 there; x-country of 192.0.2.200 is ignored, which is no trusted proxy',
    'answer',
  ]);
  assert.deepEqual(await explained('127.0.0.1', { 'x-country': 'DE' }), [
    'DE',
    'the client is in DE: x-country of 127.0.0.1 says so',
    'backends',
  ]);
  assert.deepEqual(await explained('127.0.0.1'), [null, 'the location of 127.0.0.1 is unknown', 'backends']);
});

test('without locations there is nothing to explain', async (t) => {
  const world = await startPolicyWorld(t, 'routes: [{ pool: default }]\n');
  const { geo, steps } = await foresee(world, '/', { headers: { 'cf-ipcountry': 'DE' } });
  assert.equal(geo, null);
  assert.ok(steps.every(({ step }) => step !== 'geo'));
});
