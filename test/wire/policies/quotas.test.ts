import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startPolicyWorld } from '../../support/policy-world.ts';

test('a quota that is used up is answered 429, with its name and the time until it ends', async (t) => {
  const { ask, requests, tables } = await startPolicyWorld(
    t,
    `- { name: api, path_prefix: /api, pool: default, quota: { requests: 2, per: day } }
- { name: rest, pool: default }`,
  );
  const admitted = await ask('/api');
  assert.match(admitted, /^HTTP\/1\.1 200 /);
  assert.match(admitted, /\r\nratelimit-policy: "default";q=100;w=10, "route-quota";q=2;w=86400\r\n/i);
  assert.match(admitted, /\r\nratelimit: "default";r=99;t=\d+, "route-quota";r=1;t=\d+\r\n/i);
  await ask('/api');
  const refused = await ask('/api');
  assert.match(refused, /^HTTP\/1\.1 429 [^]*"error":"GW_QUOTA_EXCEEDED"/);
  assert.match(refused, /\r\nratelimit: [^\r]*"route-quota";r=0;t=\d+\r\n/i);
  const [, seconds] = /\r\nretry-after: (\d+)\r\n/i.exec(refused)!;
  const left = 86_400 - ((Date.now() / 1000) % 86_400);
  assert.ok(Math.abs(Number(seconds) - left) < 60 || left < 60, `${seconds} ${left}`);
  assert.match(await ask('/'), /^HTTP\/1\.1 200 /);
  assert.equal(requests.length, 3);
  assert.equal(tables.metrics.laterRefusals().quota, 1);
});

test('the quota of all routes counts each of them, but not the allowlist', async (t) => {
  const { ask } = await startPolicyWorld(t, 'rate_limit: { quota: { requests: 1, per: month } }');
  assert.match(await ask('/one'), /^HTTP\/1\.1 200 /);
  assert.match(await ask('/other'), /^HTTP\/1\.1 429 [^]*"quota";r=0/);
  const free = await startPolicyWorld(
    t,
    'rate_limit: { allowlist: [127.0.0.0/8], quota: { requests: 1, per: month } }',
  );
  await free.ask('/');
  assert.match(await free.ask('/'), /^HTTP\/1\.1 200 /);
});

test('a dry run only says what it would refuse', async (t) => {
  const { ask, log } = await startPolicyWorld(t, 'rate_limit: { dry_run: true, quota: { requests: 1, per: day } }');
  await ask('/');
  const answer = await ask('/');
  assert.match(answer, /^HTTP\/1\.1 200 /);
  assert.doesNotMatch(answer, /\r\nratelimit/i);
  assert.ok(log.some((line) => line['would_refuse'] === 'quota'));
});

test('a gRPC call gets the refusal as a status', async (t) => {
  const { ask } = await startPolicyWorld(t, 'rate_limit: { quota: { requests: 1, per: day } }');
  await ask('POST /a.B/C');
  const refused = await ask('POST /a.B/C', ['Content-Type: application/grpc']);
  assert.match(refused, /^HTTP\/1\.1 200 [^]*grpc-status: 8\r\n/i);
});
