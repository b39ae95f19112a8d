import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startPolicyWorld } from '../../support/policy-world.ts';

const statusOf = (answer: string): string => answer.slice(9, 12);

test('a limit counts by a header field, and by the client without one', async (t) => {
  const { ask, tables } = await startPolicyWorld(
    t,
    '- { name: api, pool: default, rate_limit: { client: { limit: 2, size: 24h, key: "{header.x-tenant}" } } }',
  );
  const all = async (fields: readonly string[], count: number): Promise<string[]> => {
    const statuses: string[] = [];
    for (let at = 0; at < count; at += 1) statuses.push(statusOf(await ask('/', fields)));
    return statuses;
  };
  assert.deepEqual(await all(['X-Tenant: a'], 3), ['200', '200', '429']);
  assert.deepEqual(await all(['X-Tenant: b'], 3), ['200', '200', '429']);
  assert.deepEqual(await all([], 3), ['200', '200', '429']);
  assert.equal(tables.metrics.laterRefusals().limit_key, 3);
});

test('the fields of answers name it beside the others, and a refusal says when to come back', async (t) => {
  const { ask } = await startPolicyWorld(
    t,
    '- { name: api, pool: default, rate_limit: { client: { limit: 1, size: 1h, key: "{header.x-tenant}" } } }',
  );
  const admitted = await ask('/', ['X-Tenant: a']);
  assert.match(admitted, /\r\nratelimit-policy: "default";q=100;w=10, "route-key";q=1;w=3600\r\n/i);
  assert.match(admitted, /\r\nratelimit: "default";r=99;t=1, "route-key";r=0[^\r]*\r\n/i);
  const refused = await ask('/', ['X-Tenant: a']);
  assert.match(refused, /^HTTP\/1\.1 429 [^]*"error":"GW_RATE_LIMITED"/);
  assert.match(refused, /\r\nratelimit-policy: "route-key";q=1;w=3600\r\n/i);
  assert.match(refused, /\r\nretry-after: \d+\r\n/i);
});

test('a dry run of the route refuses nobody, and a total limit holds besides', async (t) => {
  const dry = await startPolicyWorld(
    t,
    '- { name: api, pool: default, rate_limit: { dry_run: true, client: { limit: 1, size: 1h, key: "{path}" } } }',
  );
  await dry.ask('/');
  assert.equal(statusOf(await dry.ask('/')), '200');
  assert.ok(dry.log.some((line) => line['would_refuse'] === 'route-key'));
  const both = await startPolicyWorld(
    t,
    '- { name: api, pool: default, rate_limit: { total: { limit: 2, size: 1h }, client: { limit: 1, size: 1h, key: "{path}" } } }',
  );
  const statuses: string[] = [];
  for (const path of ['/a', '/b', '/c']) statuses.push(statusOf(await both.ask(path)));
  assert.deepEqual(statuses, ['200', '200', '429']);
});
