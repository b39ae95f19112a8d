/** A body whose client is gone must not look complete to an HTTP/2 backend: gRPC would take it for the last message. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually } from '../../support/eventually.ts';
import { startHttp2Backend } from '../../support/http2-backend.ts';
import { FRAME, frame, RawHttp2Client, requestFields, uint32 } from '../../support/http2-frames.ts';
import { poolOf, startTraffic } from '../../support/traffic.ts';

for (const [claim, fields] of [
  ['of unknown length', []],
  ['of a known length', [['content-length', '100000']]],
  [
    'of gRPC',
    [
      ['content-type', 'application/grpc'],
      ['te', 'trailers'],
    ],
  ],
] as const) {
  for (const how of ['resets its stream', 'leaves']) {
    test(`a body ${claim} whose client ${how} is cancelled before its end`, async (t) => {
      let body = '';
      let isEnded = false;
      let code: number | null = null;
      const backend = await startHttp2Backend(t, ({ stream }) => {
        stream.on('data', (piece: Buffer) => (body += piece.toString()));
        stream.on('end', () => (isEnded = !stream.aborted && stream.rstCode === 0));
        stream.on('close', () => (code = stream.rstCode));
      });
      const traffic = await startTraffic(
        poolOf([backend.url], '    protocol: h2c\nserver: { http2: { h2c: true } }\n'),
      );
      t.after(() => traffic.close());
      const client = new RawHttp2Client(traffic.port).ask(1, requestFields(fields, 'POST'), 0);
      t.after(() => client.destroy());
      client.send(frame(FRAME.data, 0, 1, 'part'));
      await eventually('a part has arrived', () => body === 'part');
      if (how === 'leaves') client.destroy();
      else client.send(frame(FRAME.reset, 0, 1, uint32(8)));
      await eventually('the stream is closed', () => code !== null);
      assert.deepEqual([code, isEnded], [8, false]);
    });
  }
}
