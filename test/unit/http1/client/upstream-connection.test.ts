import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { BodySink, UpgradeListener, UpstreamListener } from '../../../../src/http/upstream-side.ts';
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

const SWITCHED = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: raw\r\n\r\n';
const TUNNELED = 'HTTP/1.1 200 OK\r\n\r\n\0\xff';

/** An answer to a request for an upgrade, in these pieces: the calls to the listener, and what is in the socket then. */
async function upgraded(...pieces: readonly string[]) {
  const { socket, written } = recordedSocket();
  const calls: string[] = [];
  let tunneled = '';
  const owner = { onIdle: () => calls.push('idle'), onClosed: () => calls.push('closed') };
  const connection = new UpstreamConnection({ maxHeadBytes: 200, headTimeoutMs: 60_000 }, owner);
  const listener: UpgradeListener = {
    onSent: () => calls.push('sent'),
    onInterim: (status) => calls.push(`interim ${status}`),
    onHead: (status, reason) => calls.push(`${status} ${reason}`),
    onBody: (chunk) => calls.push(`body ${chunk.toString('latin1')}`) > 0,
    onEnd: () => calls.push('end'),
    onError: (error) => calls.push(`error ${(error as NodeJS.ErrnoException).code}`),
    onSwitched: (reason, fields, handed) => {
      calls.push(`switched ${reason} ${fields.join()}`);
      assert.equal(handed, socket);
      assert.ok(handed.isPaused());
    },
  };
  connection.open(socket);
  connection.sendUpgrade(
    { method: 'GET', target: '/', host: 'a', fields: ['x-a', '1'], body: null, upgrade: 'raw' },
    listener,
  );
  assert.equal(written(), 'GET / HTTP/1.1\r\nhost: a\r\nconnection: Upgrade\r\nupgrade: raw\r\nx-a: 1\r\n\r\n');
  for (const piece of pieces) {
    socket.push(Buffer.from(piece, 'latin1'));
    await new Promise(setImmediate);
  }
  const isOpen = !socket.destroyed;
  if (isOpen) {
    socket.on('data', (chunk: Buffer) => (tunneled += chunk.toString('latin1')));
    socket.resume();
    await new Promise(setImmediate);
    socket.destroy();
  }
  const result = { calls: [...calls], tunneled, isOpen };
  connection.abort();
  return result;
}

describe('a request for an upgrade', () => {
  const expected = {
    calls: ['sent', 'closed', 'switched Switching Protocols Connection,Upgrade,Upgrade,raw'],
    tunneled: TUNNELED,
    isOpen: true,
  };

  it('hands the socket over with every byte that followed, however the answer is cut', async () => {
    const text = `${SWITCHED}${TUNNELED}`;
    assert.deepEqual(await upgraded(text), expected);
    assert.deepEqual(await upgraded(...text.split('')), expected, 'one byte at a time');
    for (let at = 1; at < text.length; at += 1) {
      assert.deepEqual(await upgraded(text.slice(0, at), text.slice(at)), expected, `cut at ${at}`);
    }
  });

  it('may be answered after hints, and with nothing behind the answer', async () => {
    const { calls, tunneled } = await upgraded(`HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n${SWITCHED}`);
    assert.deepEqual(calls, ['sent', 'interim 103', ...expected.calls.slice(1)]);
    assert.equal(tunneled, '');
  });

  it('may be refused, with a body', async () => {
    assert.deepEqual((await upgraded('HTTP/1.1 403 No\r\nContent-Length: 2\r\n\r\n', 'no')).calls, [
      'sent',
      '403 No',
      'body no',
      'idle',
      'end',
    ]);
    // What follows is unsolicited.
    assert.deepEqual((await upgraded('HTTP/1.1 403 No\r\nContent-Length: 2\r\n\r\nnoHTTP/1.1 200 OK\r\n\r\n')).calls, [
      'sent',
      '403 No',
      'body no',
      'closed',
      'end',
    ]);
  });

  it('fails when the answer is no answer to it', async () => {
    for (const answer of ['HTTP/1.1 101 Switching\r\n\r\n', 'HTTP/1.1 102\r\nA B: c\r\n\r\n', 'SSH-2.0\r\n']) {
      const { calls, isOpen } = await upgraded(answer);
      assert.deepEqual([calls, isOpen], [['sent', 'closed', 'error UPSTREAM_INVALID'], false], answer);
    }
    const { calls } = await upgraded(SWITCHED.replace('raw', 'r'.repeat(200)));
    assert.deepEqual(calls, ['sent', 'closed', 'error UPSTREAM_HEAD_TOO_LARGE']);
  });
});
