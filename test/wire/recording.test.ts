/** A traffic thread records requests and answers as they were, without their secrets. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, request, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { RecordedRequest } from '../../src/recording/core/recording-vocabulary.ts';
import type { RecordedBatch, RecordingSpec } from '../../src/recording/recording-spec.ts';
import { eventually } from '../support/eventually.ts';
import { httpRequest } from '../support/http-request.ts';
import { poolOf, startTraffic } from '../support/traffic.ts';

const SPEC: RecordingSpec = {
  id: 'r1',
  route: null,
  sample: 1,
  bodies: true,
  startMs: 0,
  secretNames: ['x-ours'],
};

async function start(t: TestContext, spec: Partial<RecordingSpec> = {}, more = '') {
  const backend = createServer((message, answer) => {
    message.resume().on('end', () => {
      if (message.url === '/gzip') {
        answer.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' });
        answer.end(gzipSync('{"token":"abc","n":1}'));
        return;
      }
      if (message.url === '/large')
        return answer.writeHead(200, { 'content-type': 'text/plain' }).end('x'.repeat(9000));
      answer.setHeader('set-cookie', 'sid=1');
      answer.writeHead(201, { 'content-type': 'text/plain', location: '/next?api_key=1&page=2' }).end('done');
    });
  }).listen(0, '127.0.0.1');
  await once(backend, 'listening');
  t.after(() => backend.close());
  const traffic = await startTraffic(poolOf([`http://127.0.0.1:${(backend.address() as AddressInfo).port}`], more));
  t.after(() => traffic.close());
  traffic.thread.handle({ type: 'record', id: 1, recording: { ...SPEC, ...spec } });
  const batches = (): RecordedBatch[] =>
    traffic.messages.flatMap((message) => (message.type === 'recorded' ? [message.batch] : []));
  /** Ends the recording. */
  const recorded = async (count: number): Promise<RecordedRequest[]> => {
    await eventually(
      'all requests have ended',
      () => traffic.log.filter(({ msg }) => msg === 'request').length >= count,
    );
    traffic.thread.handle({ type: 'record', id: 2, recording: null });
    assert.deepEqual(traffic.messages.at(-1), { type: 'ack', id: 2 });
    return batches()
      .map(({ lines }) => lines)
      .join('')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as RecordedRequest);
  };
  return { ...traffic, recorded, batches };
}

test('a request and its answer are recorded with heads and bodies, and without secrets', async (t) => {
  const traffic = await start(t);
  const body = '{"user":"joe","password":"x"}';
  await httpRequest(`${traffic.url}/a?page=1&token=abc`, {
    method: 'POST',
    headers: {
      host: 'example.com',
      'content-type': 'application/json',
      authorization: 'Bearer abc',
      cookie: 'a=1',
      'x-ours': 'y',
      'x-request-id': 'given-1',
    },
    body,
  });
  const [line] = await traffic.recorded(1);
  const { headers, answer_headers: answered, offset_ms: offset, duration_ms: duration, ...rest } = line!;
  assert.deepEqual(rest, {
    type: 'request',
    request_id: 'given-1',
    route: '/',
    method: 'POST',
    scheme: 'http',
    host: 'example.com',
    target: '/a?page=1&token=***',
    body: { text: '{"user":"joe","password":"***"}' },
    status: 201,
    answer_body: { text: 'done' },
  });
  assert.ok(offset > 0 && duration > 0);
  const named = (all: RecordedRequest['headers'], name: string): string | undefined =>
    all.find(([given]) => given.toLowerCase() === name)?.[1];
  assert.deepEqual(
    ['content-type', 'authorization', 'cookie', 'x-ours'].map((name) => named(headers, name)),
    ['application/json', '***', '***', '***'],
  );
  assert.deepEqual(
    ['content-type', 'set-cookie', 'location'].map((name) => named(answered!, name)),
    ['text/plain', '***', '/next?api_key=***&page=2'],
  );
});

test('bodies that are streamed, coded or large are recorded as far as they can be', async (t) => {
  const traffic = await start(t);
  const sent = request(`${traffic.url}/`, { method: 'PUT', headers: { 'content-type': 'text/plain' } });
  sent.write('in ');
  sent.end('pieces');
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  answer.resume();
  await once(answer, 'end');
  await httpRequest(`${traffic.url}/gzip`);
  await httpRequest(`${traffic.url}/large`);
  const [put, gzip, large] = await traffic.recorded(3);
  assert.deepEqual(put!.body, { text: 'in pieces' });
  assert.deepEqual(gzip!.answer_body, { text: '{"token":"***","n":1}' });
  assert.deepEqual(large!.answer_body, { omitted: 'larger than 4096 bytes' });
});

test('without bodies, heads only; of one route, no other; answers of the gateway have their error', async (t) => {
  const api = '{ name: api, path_prefix: /api, pool: default, max_body_bytes: 5 }';
  const traffic = await start(t, { bodies: false, route: 'api' }, `routes: [${api}, { name: rest, pool: default }]`);
  const headers = { 'content-type': 'text/plain' };
  await httpRequest(`${traffic.url}/api`, { method: 'POST', headers, body: 'short' });
  await httpRequest(`${traffic.url}/other`);
  await httpRequest(`${traffic.url}/api`, { method: 'POST', headers, body: 'too long' });
  const lines = await traffic.recorded(3);
  assert.deepEqual(
    lines.map(({ route, status, error }) => [route, status, error]),
    [
      ['api', 201, undefined],
      ['api', 413, 'GW_BODY_TOO_LARGE'],
    ],
  );
  for (const line of lines) assert.ok(!('body' in line) && !('answer_body' in line));
  assert.ok(!('answer_headers' in lines[1]!));
});

test('nothing is recorded before and after', async (t) => {
  const traffic = await start(t);
  await httpRequest(`${traffic.url}/`);
  assert.equal((await traffic.recorded(1)).length, 1);
  await httpRequest(`${traffic.url}/`);
  assert.equal(traffic.batches().length, 1);
});
