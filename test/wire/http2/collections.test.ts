/**
 * Node ends the process if it collects a session before a stream that holds part of a field section
 * (`~Http2Session(): Assertion failed: (current_nghttp2_memory_) == (0)`): src/net/session-life.ts prevents it. Where it
 * does not, this file ends without a result.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { END_STREAM, FRAME, frame, headerBlock, RawHttp2Client, requestFields } from '../../support/http2-frames.ts';
import { rawResponse, startRawBackend } from '../../support/raw-socket.ts';
import { poolOf, startTraffic } from '../../support/traffic.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Now, and in every phase of the next turn. */
function collectAll(): void {
  collect();
  process.nextTick(() => {
    collect();
    process.nextTick(collect);
  });
  setImmediate(() => {
    collect();
    process.nextTick(collect);
  });
}

test('a session that ends in the middle of trailers may be collected at once', async (t) => {
  const backend = await startRawBackend(rawResponse('ok'));
  t.after(() => backend.close());
  const yaml = 'server: { http2: { h2c: true }, max_requests_per_connection: 1 }\n';
  const traffic = await startTraffic(poolOf([backend.url], yaml));
  t.after(() => traffic.close());
  traffic.thread.app.server.on('request', (_request, response) => response.on('close', collectAll));
  for (let count = 0; count < 3; count += 1) {
    const client = new RawHttp2Client(traffic.port).ask(1, requestFields([], 'POST'), 0);
    // The rest of the trailers never comes.
    client.send(frame(FRAME.headers, END_STREAM, 1, headerBlock([['x-sum', 'v'.repeat(100)]])));
    await client.closed();
  }
  assert.equal(backend.requests.length, 3);
});
