/** Health checks of type grpc, against a server of grpc-js. */
import assert from 'node:assert/strict';
import { Server, ServerCredentials, status } from '@grpc/grpc-js';
import { test, type TestContext } from 'node:test';
import { probe } from '../../../src/health/control/probe.ts';
import { startHttp2Backend } from '../../support/http2-backend.ts';
import { HEALTH_CHECK, TLS } from '../../support/pool-settings.ts';

const same = (bytes: Buffer): Buffer => bytes;
const SERVICE = {
  check: {
    path: '/grpc.health.v1.Health/Check',
    requestStream: false,
    responseStream: false,
    requestSerialize: same,
    requestDeserialize: same,
    responseSerialize: same,
    responseDeserialize: same,
  },
} as const;

/** @param states by service, as numbers of the protocol */
async function startBackend(t: TestContext, states: Readonly<Record<string, number>>): Promise<string> {
  const server = new Server();
  server.addService(SERVICE, {
    check: (call: { request: Buffer }, done: (error: object | null, value?: Buffer) => void) => {
      const service = call.request.subarray(2).toString();
      if (states[service] === undefined) done({ code: status.NOT_FOUND });
      else done(null, Buffer.from(states[service] === 0 ? [] : [8, states[service]]));
    },
  });
  return listening(t, server);
}

async function listening(t: TestContext, server: Server): Promise<string> {
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, at) =>
      error === null ? resolve(at) : reject(error),
    );
  });
  t.after(() => server.forceShutdown());
  return `http://127.0.0.1:${port}`;
}

function run(url: string, service: string | null = null) {
  const check = { ...HEALTH_CHECK, enabled: true, type: 'grpc' as const, service };
  const at = { insecureSkipTlsVerify: false, protocol: 'h2c' as const, tls: TLS, address: '127.0.0.1' };
  return probe(url, check, new AbortController().signal, at);
}

test('a server is healthy while it is SERVING, as a whole or by service', async (t) => {
  const url = await startBackend(t, { '': 1, 'shop.Orders': 1, 'shop.Old': 2, 'shop.New': 0 });
  assert.equal((await run(url)).ok, true);
  assert.equal((await run(url, 'shop.Orders')).ok, true);
  assert.deepEqual(await run(url, 'shop.Old'), { ok: false, error: 'NOT_SERVING' });
  assert.deepEqual(await run(url, 'shop.New'), { ok: false, error: 'UNKNOWN' });
  assert.deepEqual(await run(url, 'shop.None'), { ok: false, error: 'grpc-status 5' });
});

test('a server without the health protocol is not healthy', async (t) => {
  const none = await startBackend(t, {});
  assert.deepEqual(await run(none), { ok: false, error: 'grpc-status 5' });
  const unimplemented = 'grpc-status 12: the server has no grpc.health.v1.Health';
  assert.deepEqual(await run(await listening(t, new Server())), { ok: false, error: unimplemented });
  const other = await startHttp2Backend(t);
  assert.deepEqual(await run(other.url), { ok: false, error: 'no grpc-status' });
  const failing = await startHttp2Backend(t, ({ stream }) => stream.respond({ ':status': 503 }, { endStream: true }));
  assert.deepEqual(await run(failing.url), { ok: false, error: 'status 503' });
});
