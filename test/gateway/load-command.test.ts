/** `sluice load` as users run it, with a gateway and backends of its own. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import type { ProfileResult } from '../../src/cli/load/profile.ts';
import { selfSigned } from '../support/self-signed.ts';
import { spawnSluice } from '../support/sluice-process.ts';

test('limit, distribution, failover and breaker pass in a lab of their own', async (t) => {
  const args = ['load', 'limit', 'distribution', 'failover', 'breaker', '--lab', '--json', '--duration', '1s'];
  const sluice = spawnSluice(t, ['bin/sluice.js', ...args]);
  assert.equal(await sluice.exit, 0, sluice.stdout() + sluice.stderr());
  const { verdict, profiles } = JSON.parse(sluice.stdout()) as { verdict: string; profiles: ProfileResult[] };
  assert.equal(verdict, 'passed');
  assert.deepEqual(
    profiles.map((each) => [each.profile, each.verdict]),
    ['limit', 'distribution', 'failover', 'breaker'].map((name) => [name, 'passed']),
  );
  assert.deepEqual(Object.keys(profiles[1]!.share!.backends).sort(), ['replica-1', 'replica-2', 'replica-3']);
});

test('a gateway that is not there ends it with 1, a mistake in the command line with 2', async (t) => {
  const away = spawnSluice(t, ['bin/sluice.js', 'load', 'basic', '--url', 'http://127.0.0.1:9']);
  assert.equal(await away.exit, 1);
  assert.match(away.stderr(), /cannot reach http:\/\/127\.0\.0\.1:9\//);
  const wrong = spawnSluice(t, ['bin/sluice.js', 'load', 'basik', '--url', 'http://127.0.0.1:9']);
  assert.equal(await wrong.exit, 2);
  assert.match(wrong.stderr(), /unknown profile 'basik'; allowed: basic, stress/);
});

test('a gateway that redirects to TLS, or whose authority is unknown, ends it with advice', async (t) => {
  const secure = createSecureServer(selfSigned, (_request, response) => response.end()).listen(0, '127.0.0.1');
  t.after(() => secure.close());
  await once(secure, 'listening');
  const secureUrl = `https://127.0.0.1:${(secure.address() as AddressInfo).port}`;
  const plain = createServer((_request, response) => response.writeHead(308, { location: `${secureUrl}/` }).end());
  t.after(() => plain.close());
  await once(plain.listen(0, '127.0.0.1'), 'listening');
  const plainUrl = `http://127.0.0.1:${(plain.address() as AddressInfo).port}`;
  for (const [url, message] of [
    [plainUrl, `${plainUrl}/ redirects to TLS; name it with --url ${secureUrl}`],
    [
      secureUrl,
      `cannot reach ${secureUrl}/: the authority of its certificate is not trusted; give it with --ca-file: `,
    ],
  ] as const) {
    const sluice = spawnSluice(t, ['bin/sluice.js', 'load', 'basic', '--url', url]);
    assert.equal(await sluice.exit, 1);
    assert.ok(sluice.stderr().startsWith(`sluice load: ${message}`), sluice.stderr());
  }
});
