import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Behaviour } from '../../../src/cli/sample-backends/behaviour.ts';
import { startSampleBackends, type SampleBackends } from '../../../src/cli/sample-backends/sample-backends.ts';
import { eventually } from '../../support/eventually.ts';

describe('sample backends', () => {
  test('each says who it is, in a header and in the body', async () => {
    await using started = await start(2);
    const [first, second] = started.backends;
    const answers = await Promise.all([first!, second!].map(({ url }) => fetch(`${url}/api/hello`)));
    assert.deepEqual(
      answers.map((each) => each.headers.get('x-backend')),
      ['replica-1', 'replica-2'],
    );
    assert.deepEqual(await answers[1]!.json(), {
      message: 'Hello from Sluice',
      backend: 'replica-2',
      port: second!.port,
      request_id: null,
    });
    assert.equal(await (await fetch(`${second!.url}/ping`)).text(), 'pong from replica 2');
    assert.deepEqual(await (await fetch(`${first!.url}/health`)).json(), { status: 'ok' });
  });

  test('/echo shows the request as it arrived', async () => {
    await using started = await start(1);
    const options = { method: 'PUT', body: 'grüße', headers: { 'x-a': '1' } };
    const echo = (await (await fetch(`${started.backends[0]!.url}/echo?q=1`, options)).json()) as Record<
      string,
      unknown
    >;
    assert.deepEqual([echo['method'], echo['url'], echo['body']], ['PUT', '/echo?q=1', 'grüße']);
    assert.equal((echo['headers'] as Record<string, string>)['x-a'], '1');
  });

  test('/bytes/N sends N bytes', async () => {
    await using started = await start(1);
    const body = await (await fetch(`${started.backends[0]!.url}/bytes/200001`)).arrayBuffer();
    assert.equal(body.byteLength, 200_001);
  });

  test('/sse sends the first event at once', async () => {
    await using started = await start(1);
    const answer = await fetch(`${started.backends[0]!.url}/sse`);
    const { value } = await answer.body!.getReader().read();
    assert.equal(Buffer.from(value!).toString(), 'id: 1\ndata: {"backend":"replica-1","count":1}\n\n');
  });

  test('the error rate spares the health check, and unhealthy is the health check only', async () => {
    await using started = await start(1, { errorRate: 1 });
    const backend = started.backends[0]!;
    assert.deepEqual(await statuses(backend.url), { health: 200, other: 503 });
    await backend.set({ errorRate: 0, unhealthy: true });
    assert.deepEqual(await statuses(backend.url), { health: 503, other: 200 });
  });

  test('a hanging backend takes the request and never answers', async () => {
    await using started = await start(1, { hang: true });
    await assert.rejects(fetch(started.backends[0]!.url, { signal: AbortSignal.timeout(30) }), {
      name: 'TimeoutError',
    });
  });

  test('a cut answer ends in the middle of its body, and the client can tell', async () => {
    await using started = await start(1, { cutRate: 1 });
    const answer = await fetch(started.backends[0]!.url);
    assert.equal(answer.status, 200);
    await assert.rejects(answer.text());
  });

  test('a backend that is down refuses connections and comes back on its port', async () => {
    await using started = await start(1);
    const backend = started.backends[0]!;
    await backend.set({ down: true });
    await assert.rejects(
      fetch(backend.url),
      (error: Error) => (error.cause as { code: string }).code === 'ECONNREFUSED',
    );
    await backend.set({ down: false });
    assert.equal((await fetch(backend.url)).status, 200);
  });

  test('a change by /_control applies once it is answered, even while the backend hangs', async () => {
    await using started = await start(1, { hang: true });
    const { url } = started.backends[0]!;
    const changed = await control(url, { hang: false, error_rate: 1 });
    assert.equal(changed.status, 200);
    assert.deepEqual(await (await fetch(`${url}/_control`)).json(), await changed.json());
    assert.deepEqual(await statuses(url), { health: 200, other: 503 });
    assert.equal((await control(url, { error_rate: 7 })).status, 400);
  });

  test('down by /_control refuses connections for that long and comes back by itself', async () => {
    await using started = await start(1);
    const { url } = started.backends[0]!;
    const isUp = (): Promise<boolean> =>
      fetch(url).then(
        ({ ok }) => ok,
        () => false,
      );
    assert.equal((await control(url, { down: true, for: '50ms' })).status, 200);
    await eventually('it is down', async () => !(await isUp()));
    await eventually('it is back', isUp);
  });

  test('a request through a gateway is not a control request', async () => {
    await using started = await start(1);
    const { url } = started.backends[0]!;
    const answer = await fetch(`${url}/_control`, {
      method: 'POST',
      body: '{"error_rate":1}',
      headers: { 'x-forwarded-for': '192.0.2.1' },
    });
    assert.equal(((await answer.json()) as { message: string }).message, 'POST /_control');
    assert.equal((await fetch(url)).status, 200);
  });
});

function control(url: string, change: object): Promise<Response> {
  return fetch(`${url}/_control`, { method: 'POST', body: JSON.stringify(change) });
}

async function start(count: number, behaviour: Partial<Behaviour> = {}): Promise<SampleBackends & AsyncDisposable> {
  const started = await startSampleBackends({ count, behaviour });
  return { ...started, [Symbol.asyncDispose]: started.close };
}

async function statuses(url: string): Promise<{ health: number; other: number }> {
  return { health: (await fetch(`${url}/health`)).status, other: (await fetch(`${url}/x`)).status };
}
