import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadWithReferences } from '../../../src/config/load.ts';
import { problemsOf } from '../../support/config-problems.ts';

const yaml = (admin: object, hosts: readonly string[], tls: object = {}): string =>
  [
    'pools: { a: { backends: [{ url: "http://b" }] } }',
    `admin: ${JSON.stringify({ tls: true, token: 'x'.repeat(32), ...admin })}`,
    `tls: ${JSON.stringify({ certificates: [{ hosts, internal: true }], ...tls })}`,
  ].join('\n');

const warningsOf = (text: string) =>
  loadWithReferences(text, 'c.yaml', { env: {}, flags: {}, cwd: '/' }).fileWarnings.map(({ key }) => key);

test('admin.tls needs the section tls', () => {
  const text = 'pools: { a: { backends: [{ url: "http://b" }] } }\nadmin: { tls: true }';
  assert.match(problemsOf(text).join(), /admin\.tls: needs the section tls, whose certificates it serves/);
});

test('a warning says so if no certificate is for a host that the admin port accepts', () => {
  for (const [admin, hosts] of [
    [{}, ['shop.test']],
    [{ allowed_hosts: ['ops.test'] }, ['*.ops.test']],
    [{ host: '10.0.0.1' }, ['10.0.0.2']],
  ] as const)
    assert.deepEqual(warningsOf(yaml(admin, hosts)), ['admin.tls'], JSON.stringify(admin));
  for (const [admin, hosts] of [
    [{ tls: false }, ['shop.test']],
    [{}, ['shop.test', 'localhost']],
    [{}, ['127.0.0.1']],
    [{ allowed_hosts: ['a.Ops.test'] }, ['*.ops.test']],
    [{ host: '10.0.0.1' }, ['10.0.0.1']],
    [{ host: '0.0.0.0' }, ['10.0.0.2']],
  ] as const)
    assert.deepEqual(warningsOf(yaml(admin, hosts)), [], JSON.stringify(admin));
});
