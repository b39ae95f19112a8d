import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RawClient, rawResponse, startRawBackend } from '../support/raw-socket.ts';
import { poolOf, startTraffic } from '../support/traffic.ts';

const CHUNKED = 'Transfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n';

const ANSWERS: readonly (readonly [claim: string, method: string, bytes: string])[] = [
  ['a HEAD with its length', 'HEAD', 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n'],
  ['a HEAD with a body', 'HEAD', 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody'],
  ['a HEAD with chunks', 'HEAD', `HTTP/1.1 200 OK\r\n${CHUNKED}`],
  ['a HEAD with trailers announced', 'HEAD', 'HTTP/1.1 200 OK\r\nTrailer: X-A\r\nContent-Length: 4\r\n\r\n'],
  ['a 204', 'GET', 'HTTP/1.1 204 No Content\r\n\r\n'],
  ['a 204 with a body', 'GET', 'HTTP/1.1 204 No Content\r\nContent-Length: 4\r\n\r\nbody'],
  ['a 204 with chunks', 'GET', `HTTP/1.1 204 No Content\r\n${CHUNKED}`],
  ['a 204 with trailers announced', 'DELETE', 'HTTP/1.1 204 No Content\r\nTrailer: X-A\r\n\r\n'],
  ['a 304', 'GET', 'HTTP/1.1 304 Not Modified\r\nETag: "1"\r\n\r\n'],
  ['a 304 with the length of what it stands for', 'GET', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 4\r\n\r\n'],
  ['a 304 with a body', 'GET', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 4\r\n\r\nbody'],
  ['a 304 with chunks', 'GET', `HTTP/1.1 304 Not Modified\r\n${CHUNKED}`],
];

for (const [claim, method, bytes] of ANSWERS) {
  test(`${claim} has no body for the client, whose connection continues; no failure of the backend`, async (t) => {
    const backend = await startRawBackend((request, socket) => {
      socket.write(request.includes('/next') ? rawResponse('next') : bytes);
    });
    t.after(() => backend.close());
    const traffic = await startTraffic(poolOf([backend.url]));
    t.after(() => traffic.close());
    const client = new RawClient(traffic.port);
    for (let count = 1; count <= 2; count += 1) {
      client.received = '';
      client.send(`${method} / HTTP/1.1\r\nHost: x\r\n\r\nGET /next HTTP/1.1\r\nHost: x\r\n\r\n`);
      const answers = (await client.until('next')).split('\r\n\r\n');
      assert.equal(answers.length, 3, client.received);
      assert.ok(answers[0]!.startsWith(bytes.split('\r\n', 1)[0]!));
      assert.ok(answers[1]!.startsWith('HTTP/1.1 200 OK\r\n'));
      // RFC 9110, 8.6: never in a 204.
      if (bytes.includes(' 204 ')) assert.doesNotMatch(answers[0]!, /content-length|transfer-encoding/i);
      if (/ 304 .*Content-Length/s.test(bytes)) assert.match(answers[0]!, /\r\nContent-Length: 4/);
    }
    client.destroy();
    assert.equal(traffic.tables.backends.failures(0), 0);
    assert.equal(traffic.tables.backends.successes(0), 4);
    assert.equal(traffic.tables.backends.inFlight(0), 0);
  });
}
