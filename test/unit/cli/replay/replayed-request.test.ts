import assert from 'node:assert/strict';
import { test } from 'node:test';
import { replayedRequest, type ReplayRules } from '../../../../src/cli/replay/replayed-request.ts';
import type { RecordedRequest } from '../../../../src/recording/core/recording-vocabulary.ts';
import { recordedRequest } from '../../../support/recorded-requests.ts';

const replayed = (change: Partial<RecordedRequest>, rules: Partial<ReplayRules> = {}) =>
  replayedRequest(recordedRequest(change), { unsafe: false, fields: [], host: null, ...rules });

test('a request is sent as it came, without the fields of its connection', () => {
  const headers = [
    ['Host', 'example.com'],
    ['Connection', 'keep-alive'],
    ['X-A', '1'],
    ['x-a', '2'],
    ['Transfer-Encoding', 'chunked'],
    ['Upgrade', 'h2c'],
  ] as const;
  assert.deepEqual(replayed({ target: '/a?b=%20', headers, body: { text: '' } }), {
    method: 'GET',
    target: '/a?b=%20',
    headers: ['host', 'example.com', 'X-A', '1', 'x-a', '2'],
    body: Buffer.alloc(0),
    isMasked: false,
  });
});

test('what is masked is not sent, and counted; fields that are given replace the recorded ones', () => {
  const headers = [
    ['Authorization', '***'],
    ['Accept', '*/*'],
  ] as const;
  const without = replayed({ headers });
  assert.ok(typeof without === 'object');
  assert.deepEqual([without.headers, without.isMasked], [['host', 'example.com', 'Accept', '*/*'], true]);
  const given = replayed(
    { headers },
    {
      fields: [
        ['authorization', 'Bearer x'],
        ['accept', 'text/html'],
      ],
      host: 'b.example',
    },
  );
  assert.ok(typeof given === 'object');
  assert.deepEqual(
    [given.headers, given.isMasked],
    [['host', 'b.example', 'authorization', 'Bearer x', 'accept', 'text/html'], false],
  );
  for (const change of [{ target: '/?token=***' }, { body: { text: '{"password":"***"}' } }]) {
    const other = replayed(change);
    assert.ok(typeof other === 'object' && other.isMasked, JSON.stringify(change));
  }
});

test('a recorded body was decoded, and is sent so', () => {
  const headers = [
    ['Content-Encoding', 'gzip'],
    ['Content-Length', '30'],
    ['Content-Type', 'text/plain'],
  ] as const;
  const request = replayed({ method: 'POST', headers, body: { text: 'é' } }, { unsafe: true });
  assert.ok(typeof request === 'object');
  assert.deepEqual(request.headers, ['host', 'example.com', 'Content-Type', 'text/plain']);
  assert.deepEqual(request.body, Buffer.from('é'));
});

test('unsafe methods, missing bodies and what the client gave up are left out', () => {
  assert.equal(replayed({ method: 'POST' }), 'unsafe');
  assert.equal(replayed({ method: 'DELETE' }), 'unsafe');
  assert.ok(typeof replayed({ method: 'DELETE' }, { unsafe: true }) === 'object');
  for (const change of [
    { body: { omitted: 'image/png' } },
    { headers: [['Content-Length', '5']] as const },
    { headers: [['transfer-encoding', 'chunked']] as const },
  ])
    assert.equal(replayed({ method: 'PUT', ...change }, { unsafe: true }), 'no body', JSON.stringify(change));
  assert.ok(typeof replayed({ method: 'PUT', headers: [['Content-Length', '0']] }, { unsafe: true }) === 'object');
  assert.equal(replayed({ aborted: true }), 'aborted');
  assert.equal(replayed({ status: 0 }), 'aborted');
});
