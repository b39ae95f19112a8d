import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import Fastify from 'fastify';
import { Breakers, circuitBreaker } from '../../../src/library/circuit-breaker.ts';

describe('circuitBreaker', () => {
  it('answers 503 without making the call while the circuit is open, and tries again after its time', async () => {
    const clock = { ms: 0 };
    const changes: string[] = [];
    const app = Fastify();
    await app.register(circuitBreaker, {
      defaults: { consecutiveFailures: 2, openMs: 1000, halfOpenSuccesses: 1 },
      onChange: (name, state) => void changes.push(`${name} ${state}`),
      nowMs: () => clock.ms,
    });
    let calls = 0;
    let status = 503;
    app.get('/', async () => {
      const answer = await app.breakers.run('prices', async () => {
        calls += 1;
        return { status };
      });
      return answer;
    });
    for (let turn = 0; turn < 2; turn += 1) assert.deepEqual((await app.inject('/')).json(), { status: 503 });
    const refused = await app.inject('/');
    assert.equal(refused.statusCode, 503);
    assert.deepEqual(refused.json(), {
      statusCode: 503,
      code: 'CIRCUIT_OPEN',
      error: 'Service Unavailable',
      message: 'The circuit prices is open',
    });
    assert.equal(calls, 2);
    status = 200;
    clock.ms = 1101;
    assert.deepEqual((await app.inject('/')).json(), { status: 200 });
    assert.deepEqual(changes, ['prices open', 'prices half-open', 'prices closed']);
  });

  it('passes errors on, and does not count a call that its caller gave up', async () => {
    const breakers = new Breakers({ defaults: { consecutiveFailures: 1 } });
    const failWith = (name: string) => () => Promise.reject(Object.assign(new Error(name), { name }));
    await assert.rejects(breakers.run('a', failWith('AbortError')), { name: 'AbortError' });
    assert.equal(breakers.state('a'), 'closed');
    await assert.rejects(breakers.run('a', failWith('TypeError')), { name: 'TypeError' });
    await assert.rejects(breakers.run('a', failWith('TypeError')), { name: 'CircuitOpenError', circuit: 'a' });
    assert.equal(breakers.state('b'), 'closed');
  });

  it('is opened and closed by order', async () => {
    const breakers = new Breakers({ nowMs: () => 0 });
    breakers.open('a', 5000);
    await assert.rejects(
      breakers.run('a', () => 1),
      { retryAfterMs: 5000 },
    );
    breakers.close('a');
    assert.equal(await breakers.run('a', () => 1), 1);
  });

  it('forgets the closed circuit used longest ago when there are too many, and never an open or busy one', async () => {
    const breakers = new Breakers({ maxCircuits: 2, defaults: { consecutiveFailures: 1 } });
    const fail = () => Promise.reject(new Error('down'));
    await assert.rejects(breakers.run('open', fail), /down/);
    await breakers.run('one', () => 1);
    await breakers.run('two', () => 1);
    assert.equal(breakers.state('open'), 'open');
    await breakers.run('busy', async () => {
      await assert.rejects(
        breakers.run('more', () => 1),
        { name: 'RangeError', message: /maxCircuits/ },
      );
    });
  });

  it('forgets an open circuit that nobody has called again, once its time is over', async () => {
    let nowMs = 0;
    const breakers = new Breakers({
      maxCircuits: 2,
      defaults: { consecutiveFailures: 1, openMs: 1000, maxOpenMs: 1000 },
      nowMs: () => nowMs,
    });
    for (const name of ['a', 'b']) {
      await assert.rejects(
        breakers.run(name, () => Promise.reject(new Error('down'))),
        /down/,
      );
    }
    await assert.rejects(
      breakers.run('c', () => 1),
      RangeError,
    );
    nowMs = 2000;
    assert.equal(await breakers.run('c', () => 1), 1);
    assert.equal(breakers.state('b'), 'open');
  });

  it('refuses settings out of range when it is registered', async () => {
    for (const options of [{ defaults: { errorRatio: 2 } }, { circuits: { a: { openMs: -1 } } }, { maxCircuits: 0 }]) {
      await assert.rejects(async () => Fastify().register(circuitBreaker, options), { name: 'RangeError' });
    }
  });
});
