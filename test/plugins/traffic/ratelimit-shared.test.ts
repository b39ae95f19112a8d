import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { type TestContext, test } from 'node:test';
import type { Decision } from '../../../src/limits/rate-limiter.ts';
import type { SharedTakes } from '../../../src/limits/shared/shared-take.ts';
import { httpRequest } from '../../support/http-request.ts';
import { startTrafficPlugins } from '../../support/traffic-plugins.ts';

const YAML = 'pools: { web: { backends: [{ url: "http://127.0.0.1:1" }] } }\n';

/** Limits that are decided when the test says so. */
async function withAsked(t: TestContext) {
  const asked: { key: string; decide: (decision: Decision) => void }[] = [];
  let wake: (() => void) | null = null;
  const take: SharedTakes['take'] = (_hash, key, _cost, _limits, _nowMs, _route, _isFree, done) => {
    asked.push({ key, decide: done });
    wake?.();
    return null;
  };
  const plugins = await startTrafficPlugins(t, YAML, { take });
  const next = async (): Promise<(typeof asked)[number]> => {
    if (asked.length === 0) await new Promise<void>((resolve) => (wake = resolve));
    return asked.shift()!;
  };
  return { ...plugins, next };
}

test('a request waits for the decision on its limits', async (t) => {
  const { url, exchanges, next } = await withAsked(t);
  const answer = httpRequest(url);
  const { key, decide } = await next();
  assert.equal(key, 'ip:127.0.0.1');
  assert.equal(exchanges.length, 0);
  decide('allowed');
  assert.equal((await answer).body, 'handled');
  const other = httpRequest(url);
  (await next()).decide('refused');
  assert.equal((await other).status, 429);
  assert.equal(exchanges.length, 1);
});

test('a client that leaves meanwhile is not forwarded', async (t) => {
  const { url, exchanges, next, nextEnd } = await withAsked(t);
  const client = connect(Number(new URL(url).port), '127.0.0.1');
  await once(client, 'connect');
  const ended = nextEnd();
  client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  const { decide } = await next();
  client.resetAndDestroy();
  await ended;
  decide('allowed');
  assert.equal(exchanges.length, 0);
});
