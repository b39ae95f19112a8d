import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BackendRow } from '../../../src/backends/backend-row.ts';
import { allocateBackendTable, BackendTable } from '../../../src/backends/backend-table.ts';
import { Balancer } from '../../../src/balancing/balancer.ts';
import { PoolFallback } from '../../../src/balancing/pool-fallback.ts';
import { type Choice, Pool, type PoolBackend } from '../../../src/balancing/pool.ts';
import { Breaker } from '../../../src/breaker/breaker.ts';
import { Circuits } from '../../../src/breaker/circuits.ts';
import { trialsOf } from '../../../src/breaker/core/circuit-breaker.ts';
import type { RetrySettings } from '../../../src/config/settings.ts';
import { type Tried, Tries } from '../../../src/forwarding/tries.ts';
import { Exchange } from '../../../src/routing/exchange.ts';
import type { LiveRoute } from '../../../src/routing/live-snapshot.ts';
import { clientResponse } from '../../support/client-exchange.ts';
import { poolPorts, type TestedPoolPorts } from '../../support/pool-ports.ts';
import { poolSettings, snapshotBackend } from '../../support/pool-settings.ts';

const HOUR_MS = 3_600_000;
const RESET = Object.assign(new Error('reset'), { code: 'ECONNRESET' });

function triesPorts({ circuits, row }: TestedPoolPorts) {
  const clock = { nowMs: () => 0 };
  const breaker = new Breaker(
    circuits,
    { nowMs: () => clock.nowMs(), addPassiveError: () => 0, isProbedHealthy: () => true },
    { onTrip: () => {}, onClose: () => {}, onPassiveErrors: () => {} },
  );
  return { clock, shared: { clock, row, balancer: new Balancer(clock, breaker), breaker, random: () => 0.5 } };
}

/** A pool of a and b; b works on one request at a time and is open until 1000 ms, then half-open. */
function newPool(retries: Partial<RetrySettings> = {}) {
  const table = new BackendTable(allocateBackendTable(1));
  const backends = [snapshotBackend('a', 0), snapshotBackend('b', 1, { maxInFlight: 1 })];
  for (const { index } of backends) table.occupy(index, 1, true);
  const ports = poolPorts(table);
  const settings = poolSettings([]);
  const backoff = { backoffBaseMs: HOUR_MS, backoffMaxMs: HOUR_MS };
  const pool = new Pool(
    { settings: { ...settings, retries: { ...settings.retries, ...backoff, ...retries } }, index: 0, backends },
    ports,
  );
  new Circuits(table, ports.row, () => 0.5).forceOpen(1, 1000);
  const { clock, shared } = triesPorts(ports);
  return { table, pool, clock, shared };
}

/** A GET that was sent to a and failed; what its tries ask for from then on. */
function failedRequest({ pool, clock, shared }: ReturnType<typeof newPool>) {
  clock.nowMs = (): number => 0;
  const response = clientResponse();
  const { req: request } = response;
  const exchange = new Exchange<LiveRoute, PoolBackend, Pool>('id', 0, '/', response);
  exchange.pool = pool;
  const asked: Choice[] = [];
  const tries = new Tries({ ...shared, onRetry: () => {} }, exchange, request, {
    usesConnection: true,
    onTry: (choice) => asked.push(choice),
    onRefused: assert.ifError,
  });
  tries.first();
  const attempt: Tried = { ...asked[0]!, startMs: 0, isSent: true, status: 0, discard: () => {} };
  tries.start(attempt);
  clock.nowMs = (): number => 1000;
  return { tries, asked, left: tries.failed(attempt, RESET, true, false) };
}

describe('a request that ends during the back-off', () => {
  it('returns the trial, the slot and the connection of the backend that it was about to be sent to', () => {
    const all = newPool();
    const { tries, asked, left } = failedRequest(all);
    assert.equal(left, null);
    assert.deepEqual(
      asked.map(({ backend }) => backend.id),
      ['a'],
    );
    const row = new BackendRow(all.table, 0);
    const held = (): unknown[] => [
      trialsOf(all.table.circuitWord(1)),
      all.table.isFull(1, 1),
      row.hasNoConnection(1, 1),
    ];
    assert.deepEqual(held(), [1, true, true]);
    tries.finish();
    assert.deepEqual(held(), [0, false, false]);
  });

  it('gives back what it took of the retry budget', () => {
    const all = newPool({ budgetRatio: 0, budgetMinimum: 1 });
    const one = failedRequest(all);
    assert.equal(one.left, null);
    one.tries.finish();
    const other = failedRequest(all);
    assert.equal(other.left, null);
    other.tries.finish();
  });
});

it('a backend that the retry budget does not cover is released', () => {
  const all = newPool({ budgetRatio: 0, budgetMinimum: 0 });
  assert.equal(failedRequest(all).left?.code, 'GW_BACKEND_RESET');
  assert.equal(trialsOf(all.table.circuitWord(1)), 0);
  assert.equal(all.table.isFull(1, 1), false);
});

describe('a reused connection that breaks, in a pool with one backend and a fallback', () => {
  /** Ids of the backends tried until one failed for good, each time on a connection that had carried other requests. */
  function triedIds(attempts: number, isFallbackUp = true): readonly string[] {
    const table = new BackendTable(allocateBackendTable(1));
    const ports = poolPorts(table);
    const [near, far] = ['near', 'far'].map((id, index) => {
      table.occupy(index, 1, true);
      const settings = poolSettings([]);
      const retries = { ...settings.retries, attempts, backoffBaseMs: 0 };
      return new Pool({ settings: { ...settings, retries }, index, backends: [snapshotBackend(id, index)] }, ports);
    });
    if (!isFallbackUp) table.setHealth(1, 'down');
    near!.fallback = new PoolFallback([near!, far!], 1.4, ports.random);
    const { clock, shared } = triesPorts(ports);
    const response = clientResponse();
    const exchange = new Exchange<LiveRoute, PoolBackend, Pool>('id', 0, '/', response);
    exchange.pool = near!;
    const asked: Choice[] = [];
    const tries = new Tries({ ...shared, onRetry: () => {} }, exchange, response.req, {
      usesConnection: true,
      onTry: (choice) => asked.push(choice),
      onRefused: assert.ifError,
    });
    tries.first();
    for (let at = 0; at < asked.length; at += 1) {
      const attempt: Tried = { ...asked[at]!, startMs: clock.nowMs(), isSent: false, status: 0, discard: () => {} };
      tries.start(attempt);
      if (tries.failed(attempt, RESET, true, true) !== null) break;
    }
    return asked.map(({ backend }) => backend.id);
  }

  it('is followed by a new one to the same backend', () => {
    assert.deepEqual(triedIds(2), ['near', 'near', 'far']);
  });

  it('leaves the last attempt to the fallback', () => {
    assert.deepEqual(triedIds(1), ['near', 'far']);
  });

  it('is followed by a new one to the same backend while the fallback has none', () => {
    assert.deepEqual(triedIds(1, false), ['near', 'near']);
  });
});
