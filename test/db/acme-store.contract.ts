/** What every AcmeStore does. Run by the tests of each implementation. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { beforeEach, describe, it } from 'node:test';
import type { AcmeStore, NewChallenge } from '../../src/acme/acme-store.ts';

const HOSTS = ['a.example.com', '*.example.com'];

const challenge = (id: string): NewChallenge => ({
  id,
  type: 'http-01',
  host: 'a.example.com',
  token: `token of ${id}`,
  keyAuthorization: `answer to ${id}`,
});

/** `open` gives the store under test; tests use ids of their own. */
export function acmeStoreContract(open: () => AcmeStore): void {
  describe('a store of certificates from authorities', () => {
    let store: AcmeStore;
    let id: string;
    beforeEach(async () => {
      store = open();
      id = randomUUID();
      await store.addCertificate(id, HOSTS);
    });

    const row = async () => (await store.certificates()).find((each) => each.id === id)!;

    it('gives back a new certificate without anything else, and adds it once', async () => {
      await store.addCertificate(id, ['other.example.com']);
      const { version, ...rest } = await row();
      assert.ok(version > 0);
      assert.deepEqual(rest, {
        id,
        hosts: HOSTS,
        issuer: null,
        challenge: null,
        chainPem: null,
        keyEncrypted: null,
        error: null,
        failures: 0,
        attempts: [],
        nextAttemptAt: null,
        isRenewalRequested: false,
        renewalStart: null,
        renewalEnd: null,
        renewalCheckAt: null,
        orderIssuer: null,
        orderUrl: null,
        orderKeyEncrypted: null,
        leaseOwner: null,
        leaseUntil: null,
        usedAt: null,
      });
    });

    it('notes when one on demand was asked for, without announcing it', async () => {
      await store.markUsed(id);
      assert.equal((await row()).usedAt, null, 'the configuration names it');
      await store.addOnDemand(id, 'a.example.com');
      const first = await row();
      assert.ok(Math.abs(first.usedAt!.getTime() - Date.now()) < 60_000);
      assert.deepEqual(first.hosts, HOSTS, 'what is there is kept');
      await store.markUsed(id);
      const second = await row();
      assert.ok(second.usedAt! >= first.usedAt!);
      assert.equal(second.version, first.version);
      const other = randomUUID();
      await store.addOnDemand(other, 'b.example.com');
      const added = (await store.certificates()).find((each) => each.id === other)!;
      assert.deepEqual([added.hosts, added.chainPem], [['b.example.com'], null]);
      assert.ok(added.version > second.version);
    });

    it('removes what is on demand and unused, unless somebody works on it', async () => {
      assert.equal(await store.removeUnused(id, -60), false, 'the configuration names it');
      await store.addOnDemand(id, 'a.example.com');
      assert.equal(await store.removeUnused(id, 60), false, 'it was used just now');
      await store.claim(id, 'one', 60);
      assert.equal(await store.removeUnused(id, -60), false);
      await store.release(id, 'one');
      assert.equal(await store.removeUnused(id, -60), true);
      assert.equal(await row(), undefined);
      assert.equal(await store.removeUnused(id, -60), false);
    });

    it('tells which have changed, and gives back those that are asked for', async () => {
      const versionOf = async () => (await store.versions()).find((each) => each.id === id)!.version;
      const before = await versionOf();
      assert.equal(before, (await row()).version);
      await store.claim(id, 'one', 60);
      assert.equal(await versionOf(), before);
      await store.save(id, 'one', { error: 'changed' });
      assert.ok((await versionOf()) > before);
      const found = await store.certificatesById([id, randomUUID()]);
      assert.deepEqual(found, [await row()]);
      assert.deepEqual(await store.certificatesById([]), []);
    });

    it('gives a certificate to one owner at a time', async () => {
      const claimed = await store.claim(id, 'one', 60);
      assert.equal(claimed?.leaseOwner, 'one');
      const leftMs = claimed.leaseUntil!.getTime() - Date.now();
      assert.ok(leftMs > 30_000 && leftMs < 90_000, String(leftMs));
      assert.equal(await store.claim(id, 'other', 60), undefined);
      assert.equal(await store.keepLease(id, 'other', 60), false);
      assert.equal(await store.save(id, 'other', { error: 'none' }), false);
      await store.release(id, 'other');
      assert.ok((await store.claim(id, 'one', 60)) !== undefined, 'it has it already');
      assert.equal(await store.keepLease(id, 'one', 60), true);
      await store.release(id, 'one');
      assert.equal((await store.claim(id, 'other', 60))?.leaseOwner, 'other');
    });

    it('gives one of many that ask at once the certificate', async () => {
      const claims = await Promise.all(Array.from({ length: 10 }, (_, at) => store.claim(id, `owner ${at}`, 60)));
      assert.equal(claims.filter((claimed) => claimed !== undefined).length, 1);
    });

    it('gives a certificate away once the lease has ended', async () => {
      await store.claim(id, 'one', -1);
      assert.equal((await store.claim(id, 'other', 60))?.leaseOwner, 'other');
      assert.equal(await store.save(id, 'one', { error: 'late' }), false);
    });

    it('saves what its owner changes, with a higher version; a lease leaves that as it is', async () => {
      const { version } = await row();
      await store.claim(id, 'one', 60);
      assert.equal((await row()).version, version);
      const change = {
        issuer: 'https://ca.example.com/dir',
        challenge: 'http-01' as const,
        chainPem: 'chain',
        keyEncrypted: 'key',
        error: 'none',
        failures: 3,
        attempts: [1, 2],
        nextAttemptAt: new Date('2026-11-30T12:00:00.123Z'),
        isRenewalRequested: true,
        renewalStart: new Date('2026-12-01T00:00:00Z'),
        renewalEnd: new Date('2026-12-02T00:00:00Z'),
        renewalCheckAt: new Date('2026-12-03T00:00:00Z'),
        orderIssuer: 'https://ca.example.com/dir',
        orderUrl: 'https://ca.example.com/order',
        orderKeyEncrypted: 'order key',
      };
      assert.equal(await store.save(id, 'one', change), true);
      const { hosts: _hosts, leaseOwner: _owner, leaseUntil: _until, version: after, ...saved } = await row();
      assert.deepEqual(saved, { id, ...change, usedAt: null });
      assert.ok(after > version);
      await store.save(id, 'one', { error: null });
      assert.deepEqual([(await row()).error, (await row()).failures], [null, 3]);
    });

    it('notes that an operator wants a renewal, even while an order runs', async () => {
      await store.claim(id, 'one', 60);
      assert.equal(await store.requestRenewal(id), true);
      assert.equal((await row()).isRenewalRequested, true);
      assert.equal(await store.requestRenewal(randomUUID()), false);
    });

    it('keeps the first account of an authority', async () => {
      const account = { id, url: 'https://ca.example.com/account/1', keyEncrypted: 'key', nextKeyEncrypted: null };
      assert.equal(await store.account(id), undefined);
      assert.deepEqual(await store.addAccount(account), account);
      assert.deepEqual(await store.addAccount({ ...account, url: 'https://ca.example.com/account/2' }), account);
      assert.deepEqual(await store.account(id), account);
      await store.removeAccount(id, 'other key');
      assert.deepEqual(await store.account(id), account);
      await store.removeAccount(id, 'key');
      assert.equal(await store.account(id), undefined);
    });

    it('changes the key of an account only if nobody else has', async () => {
      const account = { id, url: 'https://ca.example.com/account/1', keyEncrypted: 'key', nextKeyEncrypted: null };
      await store.addAccount(account);
      assert.equal(await store.setNextAccountKey(id, 'other key', 'next'), false);
      assert.equal(await store.setNextAccountKey(id, 'key', 'of another gateway'), true);
      assert.equal(await store.setNextAccountKey(id, 'key', 'next'), false);
      assert.equal(await store.setNextAccountKey(id, 'key', null), true);
      assert.equal(await store.setNextAccountKey(id, 'key', 'next'), true);
      assert.deepEqual(await store.account(id), { ...account, nextKeyEncrypted: 'next' });
      assert.equal(await store.replaceAccountKey(id, 'other key', 'next'), false);
      assert.equal(await store.replaceAccountKey(id, 'key', 'next'), true);
      assert.deepEqual(await store.account(id), { ...account, keyEncrypted: 'next' });
      assert.equal(await store.setNextAccountKey(randomUUID(), 'key', null), false);
      await store.removeAccount(id, 'next');
    });

    it('has challenges until they are removed or expire', async () => {
      const [one, other, late] = [1, 2, 3].map((at) => challenge(`${id} ${at}`));
      const own = async () => (await store.challenges()).filter((each) => each.id.startsWith(id));
      const version = await store.addChallenges([one!, other!], 60);
      assert.deepEqual(
        (await own()).toSorted((a, b) => (a.id < b.id ? -1 : 1)).map(({ version: _version, ...rest }) => rest),
        [one, other],
      );
      assert.equal(Math.max(...(await own()).map((each) => each.version)), version);
      await store.addChallenges([late!], -1);
      assert.equal((await own()).length, 2);
      const again = await store.addChallenges([{ ...one!, keyAuthorization: 'new' }], 60);
      assert.ok(again > version);
      assert.equal((await own()).find((each) => each.id === one!.id)?.keyAuthorization, 'new');
      await store.removeChallenges([one!.id]);
      assert.deepEqual(
        (await own()).map((each) => each.id),
        [other!.id],
      );
      await store.removeChallenges([other!.id]);
      assert.deepEqual(await own(), []);
    });

    it('knows which other gateways do not answer a challenge yet', async () => {
      const version = await store.addChallenges([challenge(id)], 60);
      const [here, behind, current] = ['here', 'behind', 'current'].map((name) => `${name} ${id}`);
      const waiting = async () => (await store.waitingFor(here!, version, 60)).filter((name) => name.endsWith(id));
      await store.acknowledge(behind!, version - 1);
      await store.acknowledge(current!, version);
      assert.deepEqual(await waiting(), [behind]);
      assert.deepEqual(await store.waitingFor(here!, version, -1), [], 'none was there lately');
      await store.acknowledge(behind!, version);
      assert.deepEqual(await waiting(), []);
      await store.acknowledge(current!, version - 1);
      assert.deepEqual(await waiting(), [current]);
      await store.leave(current!);
      assert.deepEqual(await waiting(), []);
      await store.removeChallenges([id]);
    });
  });
}
