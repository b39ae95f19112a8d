import assert from 'node:assert/strict';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { fakeAdminApp } from '../support/admin-app.ts';
import { RawClient } from '../support/raw-socket.ts';

test('requests that the parser refuses on the admin port are answered like every other error', async (t) => {
  const app = await fakeAdminApp();
  t.after(() => app.close());
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as AddressInfo;
  for (const [bytes, status, code] of [
    ['rubbish\r\n\r\n', 400, 'GW_BAD_REQUEST'],
    ['LIST / HTTP/1.1\r\nHost: localhost\r\n\r\n', 501, 'GW_METHOD_NOT_SUPPORTED'],
    [`GET / HTTP/1.1\r\nHost: localhost\r\nX-Long: ${'x'.repeat(20_480)}\r\n\r\n`, 431, 'GW_HEAD_TOO_LARGE'],
  ] as const) {
    const answer = await new RawClient(port).send(bytes).closed();
    assert.ok(answer.startsWith(`HTTP/1.1 ${status} `), answer);
    const body = JSON.parse(answer.split('\r\n\r\n')[1]!) as Record<string, unknown>;
    assert.deepEqual([body['code'], body['error']], [status, code]);
    assert.ok(answer.includes(`\r\nx-request-id: ${String(body['request_id'])}\r\n`), answer);
  }
});
