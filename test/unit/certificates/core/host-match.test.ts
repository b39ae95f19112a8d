import assert from 'node:assert/strict';
import { test } from 'node:test';
import { coversHost, HostTable } from '../../../../src/certificates/core/host-match.ts';

test('the very name comes before a wildcard, and a wildcard stands for exactly one label', () => {
  const table = new HostTable([
    ['*.example.com', 'wildcard'],
    ['shop.example.com', 'shop'],
    ['192.0.2.1', 'address'],
  ]);
  assert.equal(table.find('shop.example.com'), 'shop');
  assert.equal(table.find('other.example.com'), 'wildcard');
  assert.equal(table.find('a.b.example.com'), undefined);
  assert.equal(table.find('example.com'), undefined);
  assert.equal(table.find('192.0.2.1'), 'address');
  assert.equal(table.find('com'), undefined);
  assert.equal(table.find(''), undefined);
});

test('of two entries with one host, the first counts', () => {
  const table = new HostTable([
    ['a', 1],
    ['a', 2],
  ]);
  assert.equal(table.find('a'), 1);
});

test('a wildcard covers names of one more label, and of wildcards only itself', () => {
  assert.ok(coversHost('*.example.com', 'a.example.com'));
  assert.ok(coversHost('*.example.com', '*.example.com'));
  assert.ok(coversHost('a.example.com', 'a.example.com'));
  for (const host of ['example.com', 'a.b.example.com', '*.b.example.com']) {
    assert.equal(coversHost('*.example.com', host), false, host);
  }
  assert.equal(coversHost('a.example.com', '*.example.com'), false);
});
