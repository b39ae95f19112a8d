import assert from 'node:assert/strict';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import replyFrom from '@fastify/reply-from';
import Fastify from 'fastify';
import { BackendList } from '../../../src/library/backend-list.ts';
import { balancer, checkRound } from '../../../src/library/balancer.ts';

async function backend(t: TestContext, answer: (response: ServerResponse, path: string) => void): Promise<string> {
  const server = createServer((request, response) => answer(response, request.url!));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('balancer', () => {
  it('forwards with @fastify/reply-from, and stops using a backend that fails', async (t) => {
    const good = await backend(t, (response) => response.end('good'));
    const bad = await backend(t, (response) => response.writeHead(503).end('bad'));
    const app = Fastify();
    t.after(() => app.close());
    app.register(balancer, { backends: [good, bad], strategy: 'round-robin', circuit: { consecutiveFailures: 1 } });
    app.register(replyFrom);
    app.get('/*', (request, reply) => {
      const choice = app.backends.pick();
      return reply.from(choice.url + request.url, {
        retryDelay: () => null,
        onResponse: (_request, answer, upstream) => {
          choice.done({ value: upstream });
          answer.send((upstream as unknown as { readonly stream: object }).stream);
        },
        onError: (answer, { error }) => {
          choice.done({ error });
          answer.send(error);
        },
      });
    });
    const statuses: number[] = [];
    for (let turn = 0; turn < 4; turn += 1) statuses.push((await app.inject('/path')).statusCode);
    assert.deepEqual(
      statuses.toSorted((one, other) => one - other),
      [200, 200, 200, 503],
    );
    assert.deepEqual(
      app.backends.states().map(({ circuit, inFlight }) => [circuit, inFlight]),
      [
        ['closed', 0],
        ['open', 0],
      ],
    );
  });

  it('is ready once every backend was checked, and leaves out those that are down', async (t) => {
    const up = await backend(t, (response, path) => response.writeHead(path === '/ping' ? 204 : 500).end());
    const down = await backend(t, (response) => response.writeHead(500).end());
    const app = Fastify();
    t.after(() => app.close());
    app.register(balancer, { backends: [up, down], health: { path: '/ping' } });
    await app.ready();
    assert.deepEqual(
      app.backends.states().map(({ health }) => health),
      ['up', 'down'],
    );
    for (let turn = 0; turn < 5; turn += 1) assert.equal(app.backends.pick().url, up);
  });

  it('takes a backend down after as many failures as it needs, and brings it up likewise', async (t) => {
    let status = 200;
    const url = await backend(t, (response) => response.writeHead(status).end());
    const backends = new BackendList({ backends: [url] }, { rise: 2, fall: 2 });
    const health = async () => {
      await checkRound(backends, {}, AbortSignal.timeout(60_000));
      return backends.states()[0]!.health;
    };
    assert.equal(await health(), 'up');
    status = 500;
    assert.deepEqual([await health(), await health()], ['up', 'down']);
    status = 302;
    assert.deepEqual([await health(), await health()], ['down', 'up']);
  });

  it('refuses options out of range when it is registered', async () => {
    for (const health of [{ path: 'ping' }, { intervalMs: 1 }, { timeoutMs: 0 }, { rise: 0 }]) {
      await assert.rejects(async () => Fastify().register(balancer, { backends: [], health }), { name: 'RangeError' });
    }
  });
});
