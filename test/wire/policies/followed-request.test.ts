import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ExplainSigner } from '../../../src/explain/explain-signer.ts';
import { startPolicyWorld } from '../../support/policy-world.ts';
import { rawResponse } from '../../support/raw-socket.ts';

interface Explained {
  readonly route: string | null;
  readonly client: string;
  readonly pool: string | null;
  readonly target: string;
  readonly tries: readonly {
    readonly backend: string;
    readonly status: number | null;
    readonly error: string | null;
    readonly took_ms: number;
  }[];
  /** What the access log says of the cache. */
  readonly cache: string | null;
  readonly error: string | null;
  readonly status: number;
}

function explained(answer: string): Explained | undefined {
  const field = /\r\nx-sluice-explain: (.*)\r\n/.exec(answer)?.[1];
  return field === undefined ? undefined : (JSON.parse(field) as Explained);
}

test('a request with a token says how it was handled, and its token reaches no backend', async (t) => {
  let count = 0;
  const world = await startPolicyWorld(
    t,
    '- { name: api, path_prefix: /a, pool: default }',
    (_request, socket) => void socket.write((count += 1) === 1 ? rawResponse('', '503 Busy') : rawResponse('ok')),
  );
  const { token } = new ExplainSigner(world.tables.stickySecret).sign(Date.now() / 1000);
  const header = `X-Sluice-Explain: ${token}`;

  const answer = explained(await world.ask('/a/b?c=1', [header]))!;
  assert.deepEqual(
    [answer.route, answer.client, answer.pool, answer.target],
    ['api', 'ip:127.0.0.1', 'default', '/a/b?c=1'],
  );
  assert.deepEqual([answer.error, answer.status], [null, 503]);
  const [first] = answer.tries;
  assert.deepEqual([answer.tries.length, first!.status, first!.error], [1, 503, null]);
  assert.ok(first!.took_ms >= 0);
  assert.doesNotMatch(world.requests[0]!, /explain/i);

  const own = explained(await world.ask('/elsewhere', [header]))!;
  assert.deepEqual([own.route, own.error, own.status, own.tries], [null, 'GW_NO_ROUTE', 404, []]);

  assert.equal(explained(await world.ask('/a')), undefined);
  assert.equal(explained(await world.ask('/a', ['X-Sluice-Explain: 1.forged'])), undefined);
  assert.doesNotMatch(world.requests.at(-1)!, /explain/i);
});

test('an answer from the cache says how it was handled, and keeps that from the next client', async (t) => {
  const world = await startPolicyWorld(
    t,
    '- { name: api, path_prefix: /a, pool: default, cache: {} }',
    rawResponse('ok', '200 OK', ['Cache-Control: max-age=60']),
  );
  const { token } = new ExplainSigner(world.tables.stickySecret).sign(Date.now() / 1000);
  const header = `X-Sluice-Explain: ${token}`;

  const miss = explained(await world.ask('/a', [header]))!;
  assert.deepEqual([miss.tries.length, miss.cache], [1, 'miss']);
  const hit = explained(await world.ask('/a', [header]))!;
  assert.deepEqual([hit.route, hit.status, hit.tries, hit.cache], ['api', 200, [], 'hit']);
  const plain = await world.ask('/a');
  assert.match(plain, /cache-status: sluice; hit/);
  assert.equal(explained(plain), undefined);
  assert.equal(world.requests.length, 1);
});
