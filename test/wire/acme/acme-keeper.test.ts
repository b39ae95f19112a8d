/** When certificates are ordered, and what happens if that fails: on a clock of the test, with an authority of the test. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { AcmeKeeper } from '../../../src/acme/control/acme-keeper.ts';
import type { Issuer, WantedCertificate } from '../../../src/acme/wanted-certificate.ts';
import { GatewayError } from '../../../src/errors.ts';
import { judgePair } from '../../../src/certificates/judge-pair.ts';
import { AcmeKeeperWorld, issuerOf, START_MS } from '../../support/acme-keeper-world.ts';
import { eventually } from '../../support/eventually.ts';
import { authority } from '../../support/issued.ts';
import { startIssuingAcme } from '../../support/issuing-acme.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

function wanted(issuers: readonly Issuer[]): WantedCertificate {
  return { id: 'a', hosts: ['a.example.com'], issuers, isDefault: true };
}

/** Lets everything that is due now happen. */
async function settle(keeper: AcmeKeeper, world: AcmeKeeperWorld): Promise<void> {
  const isIdle = async () => (await world.store.certificates()).every(({ leaseOwner }) => leaseOwner === null);
  for (;;) {
    await keeper.look();
    // What the look has begun takes the lease at once.
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
    if (await isIdle()) return;
    await eventually('the work ends', isIdle);
  }
}

async function begin(t: TestContext, world: AcmeKeeperWorld, issuers: readonly Issuer[]): Promise<AcmeKeeper> {
  const keeper = world.keeper(t);
  await keeper.use([wanted(issuers)], false);
  await keeper.refresh();
  return keeper;
}

test('failures are tried again later and later, then another authority is asked', async (t) => {
  const world = new AcmeKeeperWorld();
  const [one, other] = [await startIssuingAcme(t, () => world.nowMs), await startIssuingAcme(t, () => world.nowMs)];
  one.refusal = { status: 403 };
  const keeper = await begin(t, world, [issuerOf('one', one), issuerOf('other', other)]);
  const attemptsAfter: number[] = [];
  for (let minute = 0; minute <= 115 && world.served.size === 0; minute += 1) {
    const before = one.orders.length + other.orders.length;
    await settle(keeper, world);
    if (one.orders.length + other.orders.length > before) attemptsAfter.push(minute);
    world.nowMs += MINUTE_MS;
  }
  assert.deepEqual(attemptsAfter, [0, 1, 11, 111]);
  assert.deepEqual([one.orders.length, other.orders.length], [3, 1]);
  assert.deepEqual(
    world.events.map((event) => event.replace(/; valid until .*/, '')),
    [
      'certificate for a.example.com cannot be ordered from one: not now (403)',
      'certificate for a.example.com issued by other',
    ],
  );
  const [row] = await world.store.certificates();
  assert.deepEqual([row!.failures, row!.error, row!.nextAttemptAt, row!.orderUrl], [0, null, null, null]);
});

test('an authority that wants to be left alone is, even if an operator is in a hurry: at most four attempts an hour', async (t) => {
  const world = new AcmeKeeperWorld();
  const acme = await startIssuingAcme(t, () => world.nowMs);
  acme.refusal = { status: 429, retryAfter: String((3 * HOUR_MS) / 1000) };
  const keeper = await begin(t, world, [issuerOf('one', acme)]);
  await settle(keeper, world);
  assert.equal(keeper.list()[0]!.nextAttempt, START_MS + 3 * HOUR_MS);
  for (let times = 0; times < 6; times += 1) {
    world.nowMs += MINUTE_MS;
    assert.equal(await keeper.renew('a'), true);
    await settle(keeper, world);
  }
  assert.equal(acme.orders.length, 4);
  assert.equal(keeper.list()[0]!.nextAttempt, START_MS + HOUR_MS);
});

for (const days of [6, 45, 90]) {
  test(`a certificate of ${days} days is renewed around two thirds of its life, and served until then`, async (t) => {
    const world = new AcmeKeeperWorld();
    const acme = await startIssuingAcme(t, () => world.nowMs);
    acme.lifeMs = days * DAY_MS;
    const keeper = await begin(t, world, [issuerOf('one', acme)]);
    await settle(keeper, world);
    const first = world.served.get('a')!;
    const due = keeper.list()[0]!.nextAttempt!;
    const share = (due - START_MS) / acme.lifeMs;
    assert.ok(share > 0.6 && share < 0.67, String(share));
    world.nowMs = due - MINUTE_MS;
    await settle(keeper, world);
    assert.equal(acme.orders.length, 1);
    world.nowMs = due;
    await settle(keeper, world);
    assert.equal(acme.orders.length, 2);
    assert.ok(world.served.get('a')!.version > first.version);
    assert.ok(!('replaces' in acme.orders[0]!) && 'replaces' in acme.orders[1]!);
  });
}

test('a certificate is renewed when the authority suggests it', async (t) => {
  const world = new AcmeKeeperWorld();
  const acme = await startIssuingAcme(t, () => world.nowMs);
  const keeper = await begin(t, world, [issuerOf('one', acme)]);
  await settle(keeper, world);
  acme.window = { start: new Date(START_MS + DAY_MS), end: new Date(START_MS + 2 * DAY_MS) };
  world.nowMs += 7 * HOUR_MS;
  await settle(keeper, world);
  const due = keeper.list()[0]!.nextAttempt!;
  assert.ok(due > START_MS + DAY_MS && due < START_MS + 2 * DAY_MS, new Date(due).toISOString());
  world.nowMs = due;
  await settle(keeper, world);
  assert.equal(acme.orders.length, 2);
});

test('while the authority is away for days, what was served is served on, and operators hear of it', async (t) => {
  const world = new AcmeKeeperWorld();
  const acme = await startIssuingAcme(t, () => world.nowMs);
  acme.lifeMs = 6 * DAY_MS;
  const keeper = await begin(t, world, [issuerOf('one', acme)]);
  await settle(keeper, world);
  const first = world.served.get('a')!;
  acme.refusal = { status: 503 };
  for (; world.nowMs < START_MS + 7 * DAY_MS; world.nowMs += HOUR_MS) await settle(keeper, world);
  assert.equal(world.served.get('a'), first);
  assert.equal(keeper.list()[0]!.state, 'expired');
  const states = world.log.flatMap(({ msg }) => (/^certificate (expires|has)/.test(String(msg)) ? String(msg) : []));
  assert.deepEqual(states, ['certificate expires soon', 'certificate has expired']);
  acme.refusal = null;
  world.nowMs += DAY_MS;
  await settle(keeper, world);
  assert.equal(keeper.list()[0]!.state, 'ok');
});

test('a clock that is wrong leads to no series of orders', async (t) => {
  const world = new AcmeKeeperWorld();
  // The authority's clock is right.
  const acme = await startIssuingAcme(t, () => START_MS);
  acme.lifeMs = 6 * DAY_MS;
  world.nowMs += 365 * DAY_MS;
  const keeper = await begin(t, world, [issuerOf('one', acme)]);
  await settle(keeper, world);
  assert.equal(world.served.size, 1, 'clients with a right clock accept it');
  assert.match(keeper.list()[0]!.error!, /^the new certificate is valid from 2026-11-30T.*clock says 2027-11-30T/);
  for (const end = world.nowMs + DAY_MS; world.nowMs < end; world.nowMs += MINUTE_MS) await settle(keeper, world);
  assert.equal(acme.orders.length, 4);
});

test('while the database is away nothing is ordered, and what was served is served on', async (t) => {
  const world = new AcmeKeeperWorld();
  const acme = await startIssuingAcme(t, () => world.nowMs);
  const keeper = await begin(t, world, [issuerOf('one', acme)]);
  await settle(keeper, world);
  world.store.isAway = true;
  world.nowMs += 70 * DAY_MS;
  await keeper.look();
  await assert.rejects(keeper.refresh());
  assert.equal(world.served.size, 1);
  world.store.isAway = false;
  world.nowMs += 5000;
  await settle(keeper, world);
  assert.equal(acme.orders.length, 2);
  assert.deepEqual(
    world.log.filter(({ level }) => level === 'error').map(({ msg }) => msg),
    [],
  );
});

test('an order that the database interrupts is no failure of the authority, and is continued', async (t) => {
  const world = new AcmeKeeperWorld();
  const acme = await startIssuingAcme(t, () => world.nowMs);
  const keeper = await begin(t, world, [issuerOf('one', acme)]);
  const save = world.store.save.bind(world.store);
  const full = t.mock.method(world.store, 'save', async (...given: Parameters<typeof save>) => {
    if (given[2].chainPem !== undefined) throw new GatewayError('GW_DATABASE_UNAVAILABLE');
    return save(...given);
  });
  await settle(keeper, world);
  full.mock.restore();
  const [row] = await world.store.certificates();
  assert.deepEqual([row!.failures, row!.error, row!.nextAttemptAt, row!.chainPem], [0, null, null, null]);
  assert.equal(keeper.scrape().failedTotal, 0);
  world.nowMs += 5000;
  await settle(keeper, world);
  assert.equal(world.served.size, 1);
  assert.equal(acme.orders.length, 1);
});

test('what was encrypted with another key is reported, and nothing is ordered with an account that is locked', async (t) => {
  const world = new AcmeKeeperWorld();
  const acme = await startIssuingAcme(t, () => world.nowMs);
  await settle(await begin(t, world, [issuerOf('one', acme)]), world);
  world.served.clear();
  const other = world.keeper(t, 2);
  await other.use([wanted([issuerOf('one', acme)])], false);
  await other.refresh();
  await settle(other, world);
  assert.equal(world.served.size, 0);
  assert.equal(acme.orders.length, 1);
  assert.match(other.list()[0]!.error!, /encrypted with another key: set the tls\.storage_key of that time/);
});

test('a certificate that is not wanted any more is removed, and a gateway that works on one is left alone', async (t) => {
  const world = new AcmeKeeperWorld();
  const acme = await startIssuingAcme(t, () => world.nowMs);
  const keeper = world.keeper(t);
  await keeper.use([wanted([issuerOf('one', acme)])], true);
  assert.equal(world.served.size, 1, 'a self-signed one');
  await keeper.refresh();
  await world.store.claim('a', 'elsewhere', 60);
  await keeper.look();
  await new Promise((resolve) => {
    setImmediate(resolve);
  });
  assert.equal(acme.orders.length, 0);
  await keeper.use([], false);
  await keeper.settle();
  assert.equal(world.served.size, 0);
});

test('a host keeps its certificate while others are added to it, also after a restart', async (t) => {
  const world = new AcmeKeeperWorld();
  const acme = await startIssuingAcme(t, () => world.nowMs);
  const keeper = await begin(t, world, [issuerOf('one', acme)]);
  await settle(keeper, world);
  const { chainPem } = world.served.get('a')!;
  acme.refusal = { status: 403 };
  const more = { ...wanted([issuerOf('one', acme)]), id: 'b', hosts: ['a.example.com', 'b.example.com'] };
  await keeper.use([more], false);
  await keeper.settle();
  const shown = () => [...world.served.values()].map((each) => [each.id, each.hosts, each.chainPem === chainPem]);
  assert.deepEqual(shown(), [['b', ['a.example.com'], true]]);
  assert.equal(keeper.list()[0]!.state, 'pending');

  world.served.clear();
  const second = world.keeper(t);
  await second.use([more], false);
  await second.refresh();
  assert.deepEqual(shown(), [['b', ['a.example.com'], true]]);
  acme.refusal = null;
  await settle(second, world);
  assert.deepEqual(shown(), [['b', ['a.example.com', 'b.example.com'], false]]);
});

test('a certificate from a file is served until the one from the authority is there', async (t) => {
  const world = new AcmeKeeperWorld();
  const acme = await startIssuingAcme(t, () => world.nowMs);
  const { cert, key } = authority().issue(['*.example.com'], {
    notBeforeMs: START_MS - DAY_MS,
    notAfterMs: START_MS + DAY_MS,
  });
  const { pair } = judgePair({ hosts: null, readCertificate: () => cert, readKey: () => key }, START_MS);
  const keeper = world.keeper(t);
  await keeper.use([wanted([issuerOf('one', acme)])], true, [pair!]);
  assert.deepEqual(
    [...world.served.values()].map((each) => [each.hosts, each.chainPem === pair!.chainPem]),
    [[['a.example.com'], true]],
  );
});

test('a certificate from an authority that is not configured any more is replaced, and served until then', async (t) => {
  const world = new AcmeKeeperWorld();
  const [trial, real] = [await startIssuingAcme(t, () => world.nowMs), await startIssuingAcme(t, () => world.nowMs)];
  const keeper = await begin(t, world, [issuerOf('trial', trial)]);
  await settle(keeper, world);
  const first = world.served.get('a');
  real.refusal = { status: 503 };
  await keeper.use([wanted([issuerOf('real', real)])], false);
  await settle(keeper, world);
  assert.equal(world.served.get('a'), first);
  real.refusal = null;
  world.nowMs += 2 * MINUTE_MS;
  await settle(keeper, world);
  assert.deepEqual([trial.orders.length, real.orders.length], [1, 2]);
  assert.notEqual(world.served.get('a'), first);
  assert.ok(!('replaces' in real.orders[1]!));
});
