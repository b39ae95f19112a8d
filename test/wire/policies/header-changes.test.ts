import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startPolicyWorld } from '../../support/policy-world.ts';
import { rawResponse } from '../../support/raw-socket.ts';

test('fields of requests are set, added and removed in every spelling, with placeholders filled in', async (t) => {
  const { ask, requests } = await startPolicyWorld(
    t,
    `- name: api
  pool: default
  request_headers:
    set: { X-Route: "{route} {method} {path}{query} {host}", x-user: "{jwt.sub}" }
    add: { accept: text/plain }
    remove: [x-debug]`,
  );
  await ask('/a?b=c', [
    'x-route: forged',
    'X_Route: forged',
    'x-user: admin',
    'Accept: */*',
    'X-Debug: 1',
    'x.debug: 1',
  ]);
  const [sent = ''] = requests;
  assert.match(sent, /\r\nx-route: api GET \/a\?b=c shop\.test\r\n/);
  assert.match(sent, /\r\nAccept: \*\/\*\r\n/);
  assert.match(sent, /\r\naccept: text\/plain\r\n/);
  assert.doesNotMatch(sent, /forged|debug|x-user/i);
});

test('fields of answers are changed, in those of the gateway itself, too', async (t) => {
  const { ask } = await startPolicyWorld(
    t,
    `- name: api
  pool: default
  max_body_bytes: 1
  response_headers: { set: { server: sluice, x-frame-options: DENY }, remove: [x-powered-by] }`,
    rawResponse('ok', '200 OK', ['server: apache', 'X-Powered-By: PHP']),
  );
  const answer = await ask('/');
  assert.match(answer, /^HTTP\/1\.1 200 /);
  assert.match(answer, /\r\nserver: sluice\r\n/);
  assert.match(answer, /\r\nx-frame-options: DENY\r\n/);
  assert.doesNotMatch(answer, /apache|PHP/);
  const refused = await ask('POST /', [], 'too long');
  assert.match(refused, /^HTTP\/1\.1 413 /);
  assert.match(refused, /\r\nx-frame-options: DENY\r\n/);
});

test('a value that turns out empty becomes no field', async (t) => {
  const { ask, requests } = await startPolicyWorld(
    t,
    '- { name: api, pool: default, request_headers: { set: { x-copy: "{header.x-note}" } } }',
  );
  await ask('/', ['x-note: caf\xe9\there', 'x-copy: forged']);
  await ask('/', ['x-copy: forged']);
  assert.match(requests[0]!, /\r\nx-copy: caf\xe9\there\r\n/);
  assert.doesNotMatch(requests[1]!, /x-copy/);
});
