import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkMachine, type Machine, type Needs } from '../../../../src/cli/doctor/machine.ts';

const GIB = 2 ** 30;
const MACHINE: Machine = {
  node: '24.21.0',
  openFiles: 65_536,
  memoryLimit: Infinity,
  memory: 4 * GIB,
  freeDisk: 4 * GIB,
};
const NEEDS: Needs = { threads: 2, maxConnections: 30_000, maxClients: 65_536 };

/** Statuses of Node, open files, memory, disk. */
function statuses(machine: Partial<Machine>, needs: Partial<Needs> = {}): readonly string[] {
  return checkMachine({ ...MACHINE, ...machine }, { ...NEEDS, ...needs }).map(({ status }) => status);
}

test('the machine is enough, or what is too little is named', () => {
  assert.deepEqual(statuses({}), ['ok', 'ok', 'ok', 'ok']);
  assert.deepEqual(statuses({ openFiles: Infinity, freeDisk: null }), ['ok', 'ok', 'ok', 'ok']);
  assert.equal(statuses({ node: '24.4.0' })[0], 'error');
  assert.equal(statuses({ node: '25.0.0' })[0], 'error');
  assert.equal(statuses({ node: '26.0.0' })[0], 'ok');
  assert.equal(statuses({ openFiles: 1024 }, { maxConnections: 448 })[1], 'warning', 'few');
  assert.equal(statuses({}, { maxConnections: 32_705 })[1], 'warning', 'more clients than descriptors');
  assert.equal(statuses({}, { maxConnections: 32_704 })[1], 'ok');
  assert.equal(statuses({ memoryLimit: 256 * 2 ** 20 })[2], 'warning');
  assert.equal(statuses({ memoryLimit: 128 * 2 ** 20 })[2], 'error');
  assert.equal(statuses({}, { maxClients: 16_000_000 })[2], 'ok');
  assert.equal(statuses({}, { maxClients: 16_000_000, threads: 64 })[2], 'warning');
  assert.equal(statuses({ freeDisk: 255 * 2 ** 20 })[3], 'warning');
  assert.equal(statuses({ freeDisk: 256 * 2 ** 20 })[3], 'ok');
});
