import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { BodySink, UpstreamListener } from '../../../../src/http1/client/upstream-exchange.ts';
import { UpstreamConnection } from '../../../../src/http1/client/upstream-connection.ts';
import { readWithLlhttp } from '../../../../tools/fuzz/llhttp-reading.ts';
import { recordedSocket } from '../../../support/recorded-socket.ts';

const SILENT: UpstreamListener = {
  onSent: () => {},
  onInterim: () => {},
  onHead: () => {},
  onBody: () => true,
  onEnd: () => {},
  onError: () => {},
};

/** What llhttp reads of a request whose body comes in pieces. */
function sent(pieces: readonly string[], length: number | null, trailers: readonly (readonly [string, string])[] = []) {
  const { socket, written } = recordedSocket();
  const owner = { onIdle: () => {}, onClosed: () => {} };
  const connection = new UpstreamConnection({ maxHeadBytes: 1000, headTimeoutMs: 60_000 }, owner);
  connection.open(socket);
  const start = (sink: BodySink): void => {
    for (const piece of pieces) sink.write(Buffer.from(piece, 'latin1'));
    sink.end(trailers);
  };
  const ignore = (): void => {};
  const body = { hasLength: length !== null, start, pause: ignore, resume: ignore, stop: ignore };
  const fields = length === null ? [] : ['content-length', String(length)];
  connection.send({ method: 'POST', target: '/', host: 'a', fields, body }, SILENT);
  const { messages, fault } = readWithLlhttp({
    isResponse: false,
    bytes: Buffer.from(`${written()}GET /next HTTP/1.1\r\n\r\n`, 'latin1'),
    heads: [],
  });
  connection.abort();
  assert.equal(fault, null);
  assert.deepEqual(
    messages.map(({ start: line }) => line),
    ['POST / HTTP/1.1', 'GET /next HTTP/1.1'],
  );
  return { body: messages[0]!.body, trailers: messages[0]!.trailers };
}

describe('a request to a backend', () => {
  it('carries a body in chunks, with trailers', () => {
    const trailers = [['x-sum', '1']] as const;
    assert.deepEqual(sent(['ab\r\n', '0\r\n\r\n', '\xff'], null, trailers), {
      body: 'ab\r\n0\r\n\r\n\xff',
      trailers: ['x-sum', '1'],
    });
    assert.deepEqual(sent([], null), { body: '', trailers: [] });
  });

  it('does not end with an empty piece of its body', () => {
    assert.deepEqual(sent(['ab', '', 'cd', ''], null), { body: 'abcd', trailers: [] });
  });

  it('carries a body with a length', () => {
    assert.deepEqual(sent(['ab', '', 'cd'], 4), { body: 'abcd', trailers: [] });
  });
});
