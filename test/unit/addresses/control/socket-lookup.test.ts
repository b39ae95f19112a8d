import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { test } from 'node:test';
import { LookupError, type CreateLookup } from '../../../../src/addresses/control/name-lookup.ts';
import { socketLookup } from '../../../../src/addresses/control/socket-lookup.ts';

function lookupOf(addresses: readonly string[] | Error): CreateLookup {
  return () => async () => {
    if (addresses instanceof Error) throw addresses;
    return { addresses, ttlMs: 1000, unknownFamily: null };
  };
}

test('a socket connects where the lookup leads, to the next address if the first refuses', async (t) => {
  const server = createServer((socket) => socket.end()).listen(0, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const socket = connect({ host: 'registry.test', port, lookup: socketLookup(lookupOf(['::1', '127.0.0.1'])) });
  await once(socket, 'connect');
  assert.equal(socket.remoteAddress, '127.0.0.1');
  socket.destroy();
});

test('a caller that asks for one address gets one', async () => {
  const found = await new Promise((resolve) => {
    socketLookup(lookupOf(['2001:db8::1', '192.0.2.1']))('a.test', {}, (...given) => resolve(given));
  });
  assert.deepEqual(found, [null, '2001:db8::1', 6]);
});

test('a name that is not found, or has no address, is an error of the socket', async () => {
  for (const answer of [new LookupError('no DNS server answers', false), []] as const) {
    const [error] = (await once(
      connect({ host: 'gone.test', port: 80, lookup: socketLookup(lookupOf(answer)) }),
      'error',
    )) as [NodeJS.ErrnoException];
    assert.equal(error.code, 'ENOTFOUND');
    assert.equal(error.message, answer instanceof Error ? answer.message : 'host not found');
  }
});
