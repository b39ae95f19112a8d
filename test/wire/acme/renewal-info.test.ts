/** What Pebble does not have: renewal information, profiles, and servers that are busy. */
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { AcmeClient, type WantedOrder } from '../../../src/acme/control/protocol/acme-client.ts';
import { acmeHttp } from '../../../src/acme/control/protocol/acme-http.ts';
import { readRenewalWindow } from '../../../src/acme/control/protocol/renewal-window.ts';
import { type FakeAcme, startFakeAcme } from '../../support/fake-acme.ts';

const NOW_MS = Date.parse('2026-11-30T12:00:00Z');
const WANTED: WantedOrder = { hosts: ['a.example.com'], profile: null, replaces: 'aYhba4.AIdl' };

function clientOf({ directory, caPem }: FakeAcme, waits: number[] = []): AcmeClient {
  const client = new AcmeClient({
    directoryUrl: directory,
    http: acmeHttp({ caPem, signal: new AbortController().signal }),
    accountKey: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
    wallMs: () => NOW_MS,
    wait: async (ms) => void waits.push(ms),
  });
  client.useAccount('https://127.0.0.1/account/1');
  return client;
}

function windowOf({ directory, caPem }: FakeAcme) {
  const http = acmeHttp({ caPem, signal: new AbortController().signal });
  return readRenewalWindow({ directoryUrl: directory, http, wallMs: () => NOW_MS }, 'aYhba4.AIdl');
}

function problem(type: string): string {
  return JSON.stringify({ type: `urn:ietf:params:acme:error:${type}`, detail: `it is ${type}` });
}

test('the suggested window is read, and when to ask again', async (t) => {
  const server = await startFakeAcme(t, {}, (_request, response) => {
    response.setHeader('retry-after', '21600');
    response.end(
      JSON.stringify({ suggestedWindow: { start: '2026-12-01T00:00:00Z', end: '2026-12-02T00:00:00.5+01:00' } }),
    );
  });
  assert.deepEqual(await windowOf(server), {
    startMs: Date.parse('2026-12-01T00:00:00Z'),
    endMs: Date.parse('2026-12-01T23:00:00.500Z'),
    retryAfterMs: 21_600_000,
  });
  assert.deepEqual(server.requests, [{ path: '/renewal/aYhba4.AIdl', payload: {} }]);
});

test('a window that ends before it starts is refused', async (t) => {
  const window = { start: '2026-12-02T00:00:00Z', end: '2026-12-01T00:00:00Z' };
  const server = await startFakeAcme(t, {}, (_request, response) => {
    response.end(JSON.stringify({ suggestedWindow: window }));
  });
  await assert.rejects(windowOf(server), /suggests no valid window/);
});

test('an order names the profile and the certificate that it replaces', async (t) => {
  const server = await startFakeAcme(t, { profiles: { shortlived: '' } }, (_request, response, base) => {
    response.setHeader('location', `${base}/order/1`);
    response.end(JSON.stringify({ status: 'pending', authorizations: [], finalize: `${base}/finalize` }));
  });
  await clientOf(server).newOrder({ ...WANTED, profile: 'shortlived' });
  assert.deepEqual(server.requests[0]!.payload, {
    identifiers: [{ type: 'dns', value: 'a.example.com' }],
    profile: 'shortlived',
    replaces: 'aYhba4.AIdl',
  });
});

test('if the certificate was replaced already, the order is made without it', async (t) => {
  const server = await startFakeAcme(t, {}, ({ payload }, response, base) => {
    if ('replaces' in payload) return response.writeHead(409).end(problem('alreadyReplaced'));
    response.setHeader('location', `${base}/order/1`);
    response.end(JSON.stringify({ status: 'pending' }));
  });
  assert.match((await clientOf(server).newOrder(WANTED)).url, /\/order\/1$/);
  assert.equal(server.requests.length, 2);
});

test('a limit of the authority is reported with the time it asks to wait', async (t) => {
  const server = await startFakeAcme(t, {}, (_request, response) => {
    response.setHeader('retry-after', new Date(NOW_MS + 3_600_000).toUTCString());
    response.writeHead(429).end(problem('rateLimited'));
  });
  await assert.rejects(clientOf(server).newOrder(WANTED), {
    message: 'it is rateLimited (rateLimited, 429)',
    type: 'rateLimited',
    retryAfterMs: 3_600_000,
  });
});

test('an order is looked at in the intervals that the authority asks for, or ever less often', async (t) => {
  const states = ['pending', 'pending', 'pending', 'ready'];
  const server = await startFakeAcme(t, {}, (_request, response) => {
    if (states.length === 2) response.setHeader('retry-after', '3');
    response.end(JSON.stringify({ status: states.shift() }));
  });
  const waits: number[] = [];
  const { directory } = server;
  const order = await clientOf(server, waits).ready(directory.replace('/dir', '/order/1'));
  assert.equal(order.status, 'ready');
  assert.deepEqual(waits, [250, 500, 3000]);
});

test('a page that is no directory is named', async (t) => {
  const server = await startFakeAcme(t, {}, (_request, response) => response.end('<html></html>'));
  const directory = server.directory.replace('/dir', '/elsewhere');
  await assert.rejects(clientOf({ ...server, directory }).register({ email: null, binding: null }), {
    message: 'the ACME server sent no JSON object',
  });
});
