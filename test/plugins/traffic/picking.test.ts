/** What `app.breaker` and `app.balancer` are made of: tables, log, and the way to the control thread. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PickListener } from '../../../src/balancing/balancer.ts';
import type { Choice } from '../../../src/balancing/pool.ts';
import { httpRequest } from '../../support/http-request.ts';
import { startTrafficPlugins, type TrafficPlugins } from '../../support/traffic-plugins.ts';

const YAML = `
rate_limit: { enabled: false }
health_check: { enabled: false }
pools:
  p:
    algorithm: round-robin
    circuit_breaker: { consecutive_failures: 3, open: 5m }
    passive_health: { consecutive_errors: 2 }
    backends: [{ id: a, url: "http://127.0.0.1:9" }, { id: b, url: "http://127.0.0.1:10" }]
`;

/** As proxy does for each attempt. Null: refused. */
function pick({ app, exchanges }: TrafficPlugins): Choice | null {
  let choice: Choice | null = null;
  const listener: PickListener = {
    usesConnection: true,
    onPicked: (picked) => {
      choice = picked;
    },
    onRefused: () => undefined,
  };
  app.balancer.pick(exchanges[0]!, listener);
  return choice;
}

test('the balancer picks what the breaker admits, and the breaker logs and reports what it finds', async (t) => {
  const traffic = await startTrafficPlugins(t, YAML);
  const { app, url, live, log, passiveErrors } = traffic;
  await httpRequest(url);
  const pool = live.current.pools.get('p')!;
  const picked = (): string[] =>
    Array.from({ length: 4 }, () => {
      const choice = pick(traffic)!;
      app.balancer.discard(traffic.exchanges[0]!.pool!, choice);
      return choice.backend.id;
    });
  assert.deepEqual(new Set(picked()), new Set(['a', 'b']));

  for (let failures = 0; failures < 3;) {
    const choice = pick(traffic)!;
    const isA = choice.backend.id === 'a';
    app.breaker.settle(choice, pool, isA ? 'failure' : 'success');
    pool.release(choice);
    if (isA) failures += 1;
  }
  assert.deepEqual(passiveErrors, ['a'], 'two gateway errors in a row');
  assert.deepEqual(
    log.filter(({ msg }) => msg === 'circuit opened').map(({ backend, pool: name }) => [backend, name]),
    [['a', 'p']],
  );
  assert.deepEqual(picked(), ['b', 'b', 'b', 'b']);
});
