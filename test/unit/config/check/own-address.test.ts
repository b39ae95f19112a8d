import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ownListener, type OwnListener } from '../../../../src/config/check/own-address.ts';
import { problemsOf } from '../../../support/config-problems.ts';

const machine = { addresses: ['127.0.0.1', '192.0.2.7', '2001:db8::7', '::1'], name: 'edge-1.example.com' };

/** The name of the listener that the URL leads to. */
function leadsTo(url: string, publicHost: string): string | undefined {
  const listeners: OwnListener[] = [
    { name: 'public', host: publicHost, port: 8080 },
    { name: 'admin', host: '127.0.0.1', port: 9000 },
  ];
  return ownListener(url, listeners, machine)?.name;
}

test('a gateway on all addresses is reached by every one of them, and by its names', () => {
  for (const host of [
    '127.0.0.1',
    '127.9.9.9',
    '0.0.0.0',
    'localhost',
    'LOCALHOST.',
    'a.localhost',
    '192.0.2.7',
    'edge-1',
    'Edge-1.example.com',
  ]) {
    assert.equal(leadsTo(`http://${host}:8080/base`, '0.0.0.0'), 'public', host);
    assert.equal(leadsTo(`http://${host}:8080`, '::'), 'public', host);
  }
  for (const host of ['[::1]', '[2001:db8::7]', '[::]', '[::ffff:192.0.2.7]']) {
    assert.equal(leadsTo(`http://${host}:8080`, '::'), 'public', host);
  }
});

test('a gateway on one address is reached by that one alone', () => {
  assert.equal(leadsTo('http://192.0.2.7:8080', '192.0.2.7'), 'public');
  assert.equal(leadsTo('http://edge-1:8080', '192.0.2.7'), 'public');
  assert.equal(leadsTo('http://127.0.0.1:8080', '192.0.2.7'), undefined);
  assert.equal(leadsTo('http://localhost:8080', 'localhost'), 'public');
  assert.equal(leadsTo('http://127.0.0.2:8080', '127.0.0.1'), undefined);
});

test('another port, another machine and a name that says nothing are somebody else', () => {
  for (const url of [
    'http://127.0.0.1:8081',
    'http://127.0.0.1',
    'https://127.0.0.1',
    'http://192.0.2.8:8080',
    'http://edge-2:8080',
    'no url',
  ]) {
    assert.equal(leadsTo(url, '0.0.0.0'), undefined, url);
  }
  assert.equal(
    ownListener('http://127.0.0.1:8080', [{ name: 'public', host: '0.0.0.0', port: 0 }], machine),
    undefined,
  );
});

test('the default ports of http and https count', () => {
  const on = (port: number): OwnListener[] => [{ name: 'public', host: '0.0.0.0', port }];
  assert.equal(ownListener('http://localhost', on(80), machine)?.name, 'public');
  assert.equal(ownListener('https://localhost', on(443), machine)?.name, 'public');
  assert.equal(ownListener('https://localhost', on(80), machine), undefined);
});

test('the check names the backend and the port, for the public one and the admin one', () => {
  const text = `server: { host: 0.0.0.0, port: 8080 }
pools:
  web: { backends: [{ url: "http://b:1" }, { url: "http://localhost:8080/x" }] }
  api: { backends: [{ url: "http://127.0.0.1:9000" }] }
routes: [{ path_prefix: /, pool: web }, { path_prefix: /api, pool: api }]
`;
  assert.deepEqual(problemsOf(text), [
    'c.yaml:3:51: pools.web.backends.1.url: leads to the public port of this gateway (0.0.0.0:8080): requests would come back to it',
    'c.yaml:4:28: pools.api.backends.0.url: leads to the admin port of this gateway (127.0.0.1:9000): requests would come back to it',
  ]);
});
