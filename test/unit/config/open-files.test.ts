import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  autoConnections,
  maxAdminDescriptor,
  maxBackendDescriptor,
  maxClientDescriptor,
  openFileLimit,
} from '../../../src/config/open-files.ts';
import { loadText } from '../../../src/config/load.ts';
import { POOL } from '../../support/config-problems.ts';

test('half of the open files beyond the reserve are for clients, half for backends', () => {
  assert.equal(autoConnections(1024), 448);
  assert.equal(autoConnections(1_048_576), 524_224);
  assert.equal(autoConnections(129), 1);
  assert.equal(autoConnections(64), 1);
  assert.equal(autoConnections(2 ** 31), 10_000_000);
  assert.equal(autoConnections(Infinity), 0);
});

test('the reserve lies above the descriptors of clients; a small limit keeps a quarter of itself', () => {
  assert.equal(maxClientDescriptor(1024), 895);
  assert.equal(maxClientDescriptor(256), 191);
  assert.equal(maxClientDescriptor(Infinity), Infinity);
});

test('of the reserve, backends may have half, and the admin port most of the rest', () => {
  assert.equal(maxBackendDescriptor(1024), 959);
  assert.equal(maxAdminDescriptor(1024), 1007);
  assert.equal(maxBackendDescriptor(64), 55);
  assert.equal(maxAdminDescriptor(64), 61);
  assert.equal(maxBackendDescriptor(Infinity), Infinity);
  assert.equal(maxAdminDescriptor(Infinity), Infinity);
});

test('auto is the default; a number stands, and 0 is no limit', () => {
  const of = (more: string): number => loadText(POOL + more, 'c.yaml', {}, {}).server.maxConnections;
  assert.equal(of(''), autoConnections(openFileLimit()));
  assert.equal(of('server: { max_connections: auto }'), autoConnections(openFileLimit()));
  assert.equal(of('server: { max_connections: 12 }'), 12);
  assert.equal(of('server: { max_connections: 0 }'), 0);
});
