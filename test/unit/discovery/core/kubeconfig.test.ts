import assert from 'node:assert/strict';
import { test } from 'node:test';
import { kubeContext } from '../../../../src/discovery/core/kubeconfig.ts';

const CLUSTER = { server: 'https://10.0.0.1:6443', 'certificate-authority': 'ca.crt' };
const content = (cluster: object, user: object | null, more: object = {}): object => ({
  'current-context': 'a',
  contexts: [{ name: 'a', context: { cluster: 'c', ...(user !== null && { user: 'u' }), namespace: 'shop' } }],
  clusters: [{ name: 'c', cluster }],
  users: [{ name: 'u', user }],
  ...more,
});

test('a context leads to a server and the credentials of its user', () => {
  const user = { token: 'secret', 'client-certificate-data': 'Yw==', 'client-key': 'key.pem' };
  assert.deepEqual(kubeContext(content({ ...CLUSTER, 'tls-server-name': 'api.test' }, user), null), {
    server: 'https://10.0.0.1:6443',
    ca: { kind: 'file', file: 'ca.crt' },
    serverName: 'api.test',
    namespace: 'shop',
    token: 'secret',
    tokenFile: null,
    cert: { kind: 'pem', base64: 'Yw==' },
    key: { kind: 'file', file: 'key.pem' },
  });
});

test('another context than the current one may be chosen, and a user is not needed', () => {
  const other = { contexts: [{ name: 'b', context: { cluster: 'c' } }] };
  const context = kubeContext(content(CLUSTER, null, other), 'b');
  assert.equal(typeof context === 'object' && context.namespace, null);
});

/** A kubeconfig that cannot be used, and what is said. */
const WRONG: readonly (readonly [config: unknown, reason: RegExp])[] = [
  [null, /^names no current-context; set context$/],
  [[], /^names no current-context/],
  [{ 'current-context': 'x', contexts: [{ name: 'a' }, { name: 'b' }] }, /^has no context "x"; it has: a, b$/],
  [content(CLUSTER, {}, { clusters: [] }), /^has no cluster "c"; it has: none$/],
  [content({}, {}), /^names no server/],
  [content({ server: '10.0.0.1:6443' }, {}), /^names no server/],
  [content({ ...CLUSTER, 'insecure-skip-tls-verify': true }, {}), /set certificate-authority instead$/],
  [content({ ...CLUSTER, 'proxy-url': 'http://proxy' }, {}), /^uses a proxy-url, which is not supported$/],
  [content(CLUSTER, {}, { users: [] }), /^has no user "u"; it has: none$/],
  [content(CLUSTER, { exec: { command: 'aws' } }), /"u" by exec, which is not supported; use a token, a tokenFile/],
  [content(CLUSTER, { 'auth-provider': {} }), /by auth-provider, which is not supported/],
  [content(CLUSTER, { username: 'a', password: 'b' }), /by username, which is not supported/],
  [content(CLUSTER, { 'client-key': 'k' }), /^has only one of client-certificate and client-key/],
];

for (const [config, reason] of WRONG) {
  test(`a kubeconfig that ${reason.source} is refused`, () => {
    const found = kubeContext(config, null);
    assert.match(typeof found === 'string' ? found : 'it was accepted', reason);
  });
}
