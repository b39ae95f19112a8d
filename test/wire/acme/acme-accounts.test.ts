/** Accounts and their keys at Let's Encrypt's test server, also if a gateway dies in between. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { AcmeAccounts } from '../../../src/acme/control/acme-accounts.ts';
import { AcmeProblem } from '../../../src/acme/control/protocol/acme-problem.ts';
import { KeyCipher } from '../../../src/acme/control/key-cipher.ts';
import { MemoryAcmeStore } from '../../support/memory-acme-store.ts';
import { issuerOf } from '../../support/acme-keeper-world.ts';
import { pebbleMissing, startPebble } from '../../support/pebble.ts';

const skip = pebbleMissing;

async function start(t: TestContext) {
  const pebble = await startPebble(t);
  const issuer = issuerOf('le', pebble);
  const store = new MemoryAcmeStore();
  const accounts = new AcmeAccounts({
    store,
    cipher: new KeyCipher(new Uint8Array(32).fill(1)),
    wallMs: Date.now,
    wait: (ms) => wait(Math.min(ms, 50)),
    signal: new AbortController().signal,
  });
  const order = async (): Promise<string> => {
    const opened = await accounts.open(issuer);
    return (await opened.client.newOrder({ hosts: ['a.example.com'], profile: null, replaces: null })).status;
  };
  return { pebble, issuer, store, accounts, order, stored: async () => (await store.account(pebble.directory))! };
}

test('the authority accepts the new key, and not the old one', { skip }, async (t) => {
  const { accounts, issuer, order, stored } = await start(t);
  assert.equal(await accounts.rollover(issuer), undefined, 'there is no account yet');
  assert.equal(await order(), 'pending');
  const before = await accounts.open(issuer);
  assert.equal(await accounts.rollover(issuer), before.stored.url);
  const { url, keyEncrypted, nextKeyEncrypted } = await stored();
  assert.equal(url, before.stored.url);
  assert.notEqual(keyEncrypted, before.stored.keyEncrypted);
  assert.equal(nextKeyEncrypted, null);
  assert.equal(await order(), 'pending');
  const wanted = { hosts: ['a.example.com'], profile: null, replaces: null };
  await assert.rejects(before.client.newOrder(wanted), AcmeProblem);
  // An order that still has the old key does not remove the account.
  await accounts.forget(before);
  assert.equal((await stored()).url, url);
});

test('a gateway that dies after the authority has the new key leaves an account that works', { skip }, async (t) => {
  const { accounts, issuer, order, store, stored } = await start(t);
  await order();
  const { url, keyEncrypted } = await stored();
  const dies = t.mock.method(store, 'replaceAccountKey', () => Promise.reject(new Error('killed')));
  await assert.rejects(accounts.rollover(issuer), /killed/);
  dies.mock.restore();
  assert.notEqual((await stored()).nextKeyEncrypted, null);
  assert.equal(await order(), 'pending');
  const after = await stored();
  assert.deepEqual([after.url, after.nextKeyEncrypted], [url, null]);
  assert.notEqual(after.keyEncrypted, keyEncrypted);
});

test('a gateway that dies before the authority is asked leaves the old key', { skip }, async (t) => {
  const { accounts, issuer, order, store, stored } = await start(t);
  await order();
  const before = await stored();
  const { client } = await accounts.open(issuer);
  const dies = t.mock.method(Object.getPrototypeOf(client) as typeof client, 'changeKey', () =>
    Promise.reject(new Error('killed')),
  );
  await assert.rejects(accounts.rollover(issuer), /killed/);
  dies.mock.restore();
  assert.notEqual((await stored()).nextKeyEncrypted, null);
  assert.equal(await order(), 'pending');
  assert.deepEqual(await store.account(issuer.directory), before);
  assert.equal(await accounts.rollover(issuer), before.url);
});

test('of two gateways that change the key at once, one does', { skip }, async (t) => {
  const { accounts, issuer, order } = await start(t);
  await order();
  const results = await Promise.allSettled([accounts.rollover(issuer), accounts.rollover(issuer)]);
  assert.ok(results.some(({ status }) => status === 'fulfilled'));
  assert.equal(await order(), 'pending');
});
