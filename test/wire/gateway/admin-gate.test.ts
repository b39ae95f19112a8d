import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { test } from 'node:test';
import { AdminGate } from '../../../src/gateway/control/admin-gate.ts';

const REFUSES = [
  { reason: 'file descriptors' },
  'the admin port refuses connections: raise the limit of open files (ulimit -n)',
];

function harness(maxDescriptor: number) {
  const reported: unknown[] = [];
  const files = { canOpen: true };
  const tell = (...line: unknown[]): void => void reported.push(line);
  const gate = new AdminGate({ maxDescriptor, canOpen: () => files.canOpen, log: { info: tell, warn: tell } });
  return { gate, reported, files };
}

test('a connection that takes one of the last descriptors is reset and counted, and logged once', async (t) => {
  const { gate, reported } = harness(-2);
  const server = createServer((_, response) => response.end());
  gate.guard(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  for (let count = 1; count <= 2; count += 1) {
    const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
    const [error] = (await once(client, 'error')) as [NodeJS.ErrnoException];
    assert.equal(error.code, 'ECONNRESET');
    assert.equal(gate.refused, count);
  }
  assert.deepEqual(reported, [REFUSES]);
  gate.round();
  assert.equal(reported.length, 1, 'there were some in this round');
  gate.round();
  assert.deepEqual(reported.slice(1), [[{ refused: 2 }, 'the admin port accepts connections again']]);
});

test('others are let in', async (t) => {
  const { gate, reported } = harness(Infinity);
  const server = createServer((_, response) => response.end('fine'));
  gate.guard(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const answer = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  assert.equal(await answer.text(), 'fine');
  assert.deepEqual([gate.refused, reported], [0, []]);
});

test('that no descriptor is left at all is said on change', () => {
  const { gate, reported, files } = harness(Infinity);
  gate.round();
  assert.deepEqual(reported, []);
  files.canOpen = false;
  gate.round();
  gate.round();
  assert.deepEqual(reported, [REFUSES]);
  files.canOpen = true;
  gate.round();
  assert.deepEqual(reported.slice(1), [[{ refused: 0 }, 'the admin port accepts connections again']]);
});
