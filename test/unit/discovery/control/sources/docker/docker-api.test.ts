import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createRawServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import {
  createDockerApi,
  type DockerEvent,
} from '../../../../../../src/discovery/control/sources/docker/docker-api.ts';
import { temporaryFolder } from '../../../../../support/sluice-process.ts';

const NO_LOOKUP = () => assert.fail('no name to look up');
const { signal } = new AbortController();

async function listen(t: TestContext, server: Server, path?: string): Promise<string> {
  if (path === undefined) server.listen(0, '127.0.0.1');
  else server.listen(path);
  await once(server, 'listening');
  t.after(() => server.close());
  return path === undefined ? `http://127.0.0.1:${(server.address() as AddressInfo).port}` : `unix://${path}`;
}

/** A daemon that answers every request with these bytes. */
async function rawDaemon(t: TestContext, onRequest: (socket: Socket) => void) {
  const sockets = new Set<Socket>();
  t.after(() => {
    for (const socket of sockets) socket.destroy();
  });
  const server = createRawServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('data', () => onRequest(socket));
  });
  return createDockerApi(await listen(t, server), NO_LOOKUP);
}

/** Everything that a stream says, until it ends. */
async function streamOf(t: TestContext, onRequest: (socket: Socket) => void) {
  const api = await rawDaemon(t, onRequest);
  const events: (DockerEvent | 'open')[] = [];
  const reason = await new Promise<string>((resolve) => {
    api.events({ onOpen: () => events.push('open'), onEvent: (event) => events.push(event), onEnd: resolve });
  });
  return { events, reason };
}

const HEAD = 'HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n';

for (const kind of ['a unix socket', 'a port'] as const) {
  test(`containers, signals and events are read from ${kind}, by GET only`, async (t) => {
    const asked: string[] = [];
    const server = createServer(({ method, url = '' }: IncomingMessage, response: ServerResponse) => {
      asked.push(`${method} ${url.replace(/\?.*/, '')}`);
      if (url === '/containers/json?all=1') return response.end(JSON.stringify([{ Id: 'a', State: 'running' }]));
      if (url === '/containers/a/json') return response.end(JSON.stringify({ Config: { StopSignal: 'SIGQUIT' } }));
      if (url === '/containers/b/json') return response.end(JSON.stringify({ Config: {} }));
      const filters = JSON.parse(new URL(url, 'http://x').searchParams.get('filters')!) as Record<string, string[]>;
      asked.push(filters['type']!.join());
      response.write('{"Type":"container","Action":"kill","Actor":{"ID":"a","Attributes":{"signal":"15"}}}\n{"Ty');
      return response.end('pe":"network","Action":"connect","Actor":{"ID":"n","Attributes":{"container":"a"}}}\n\n');
    });
    const path = kind === 'a port' ? undefined : join(temporaryFolder(t), 'docker.sock');
    const api = createDockerApi(await listen(t, server, path), NO_LOOKUP);
    assert.deepEqual(
      (await api.list(signal)).map(({ id }) => id),
      ['a'],
    );
    assert.deepEqual([await api.stopSignal('a', signal), await api.stopSignal('b', signal)], ['SIGQUIT', 'SIGTERM']);
    const events: DockerEvent[] = [];
    const reason = await new Promise<string>((resolve) => {
      api.events({ onOpen: () => {}, onEvent: (event) => events.push(event), onEnd: resolve });
    });
    assert.equal(reason, 'it ended the stream of events');
    assert.deepEqual(events, [
      { action: 'kill', id: 'a', signal: '15' },
      { action: 'connect', id: 'n', signal: null },
    ]);
    const [list, ...rest] = asked;
    assert.equal(list, 'GET /containers/json');
    assert.deepEqual(rest, ['GET /containers/a/json', 'GET /containers/b/json', 'GET /events', 'container,network']);
  });
}

for (const [what, bytes, reason] of [
  ['an error', 'HTTP/1.1 500 Oops\r\nContent-Length: 2\r\n\r\n{}', 'it answered 500 to /containers/json'],
  ['a proxy that forbids it', 'HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n', 'it answered 403 to /containers/json'],
  ['truncated JSON', `${HEAD}[{"Id": "a", `, 'its answer is not JSON'],
  ['a cut body', 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n[]', 'its answer was cut off'],
  ['garbage', '\0\x01garbage', 'it does not speak HTTP'],
  ['a huge body', `${HEAD}[${' '.repeat(16 * 1024 * 1024)}]`, 'its answer is larger than 16777216 bytes'],
] as const) {
  test(`a list that is ${what} is refused`, async (t) => {
    const api = await rawDaemon(t, (socket) => socket.end(bytes));
    await assert.rejects(api.list(signal), { message: reason });
  });
}

test('a socket that is not there, and a daemon that hangs, are failures', async (t) => {
  const folder = temporaryFolder(t);
  const gone = createDockerApi(`unix://${folder}/docker.sock`, NO_LOOKUP);
  await assert.rejects(gone.list(signal), { message: 'its socket does not exist' });
  const ended = await new Promise<string>((resolve) => {
    gone.events({ onOpen: () => {}, onEvent: () => {}, onEnd: resolve });
  });
  assert.equal(ended, 'its socket does not exist');
  const hanging = await rawDaemon(t, () => {});
  const stopping = new AbortController();
  const listed = hanging.list(stopping.signal);
  stopping.abort();
  await assert.rejects(listed, { message: 'stopped' });
});

test('a stream that turns into something else ends, and says why', async (t) => {
  for (const [bytes, reason, events] of [
    [`${HEAD}{"Action":"start","Actor":{"ID":"a"}}\nnonsense\n`, 'its stream of events is not JSON', 2],
    [`${HEAD}${'x'.repeat(1024 * 1024 + 1)}`, 'an event is larger than 1048576 bytes', 1],
    [`${HEAD}5\nnull\n{"Action":5}\n{"status":"pull"}\n`, 'it ended the stream of events', 1],
    ['HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n', 'it answered 403 to /events', 0],
    ['HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{', 'its stream of events was cut off', 1],
    ['', 'connection reset', 0],
  ] as const) {
    const stream = await streamOf(t, (socket) => socket.end(bytes));
    assert.deepEqual([stream.reason, stream.events.length], [reason, events]);
  }
});

test('a closed stream says nothing any more', async (t) => {
  const server = createServer((_, response) => void response.write('{"Action":"start","Actor":{"ID":"a"}}\n'));
  const api = createDockerApi(await listen(t, server), NO_LOOKUP);
  const said: string[] = [];
  const closed = once(server, 'connection').then(([socket]) => once(socket as Socket, 'close'));
  await new Promise<void>((resolve) => {
    const close = api.events({
      onOpen: () => {},
      onEvent: () => {
        close();
        resolve();
      },
      onEnd: (reason) => said.push(reason),
    });
  });
  await closed;
  assert.deepEqual(said, []);
});
