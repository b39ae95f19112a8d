/** Certificates on demand over their life: on a clock of the test, with an authority and an ask service of the test. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { AcmeKeeper } from '../../../src/acme/control/acme-keeper.ts';
import type { OnDemandOrders } from '../../../src/acme/wanted-certificate.ts';
import { AcmeKeeperWorld, issuerOf, START_MS } from '../../support/acme-keeper-world.ts';
import { type AskService, startAskService } from '../../support/ask-service.ts';
import { eventually } from '../../support/eventually.ts';
import { type IssuingAcme, startIssuingAcme } from '../../support/issuing-acme.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

class World extends AcmeKeeperWorld {
  readonly acme: IssuingAcme;
  readonly ask: AskService;

  constructor(acme: (wallMs: () => number) => IssuingAcme, ask: AskService) {
    super();
    this.acme = acme(() => this.nowMs);
    this.ask = ask;
  }

  orders(more: Partial<OnDemandOrders> = {}): OnDemandOrders {
    return {
      ask: this.ask.url,
      askTimeoutMs: 5000,
      askCacheMs: MINUTE_MS,
      asksPerSecond: 1000,
      waitMs: 30_000,
      maxPending: 50,
      ordersPerHour: 100,
      maxCertificates: 1000,
      keepUnusedDays: 30,
      hosts: null,
      issuers: [issuerOf('le', this.acme)],
      ...more,
    };
  }
}

async function startWorld(t: TestContext): Promise<World> {
  const clock = { wallMs: (): number => START_MS };
  const acme = await startIssuingAcme(t, () => clock.wallMs());
  const ask = await startAskService(t);
  return new World((wallMs) => {
    clock.wallMs = wallMs;
    return acme;
  }, ask);
}

async function begin(t: TestContext, world: World, more: Partial<OnDemandOrders> = {}): Promise<AcmeKeeper> {
  const keeper = world.keeper(t);
  await keeper.use([], false, [], world.orders(more));
  await keeper.refresh();
  return keeper;
}

/** Hours go by; what is due happens. */
async function pass(keeper: AcmeKeeper, world: World, days: number, eachHour = (): void => {}): Promise<void> {
  for (const endMs = world.nowMs + days * DAY_MS; world.nowMs < endMs; world.nowMs += HOUR_MS) {
    eachHour();
    const asked = world.ask.asked.length;
    await keeper.look();
    // Questions and orders begin within the look.
    for (let turn = 0; turn < 3; turn += 1) {
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
    }
    if (world.ask.asked.length > asked || isWorking(await world.store.certificates())) {
      await eventually('the work ends', async () => !isWorking(await world.store.certificates()));
    }
  }
}

function isWorking(rows: readonly { readonly leaseOwner: string | null }[]): boolean {
  return rows.some(({ leaseOwner }) => leaseOwner !== null);
}

const id = (keeper: AcmeKeeper): string => keeper.list()[0]!.id!;

test('a certificate is renewed as long as clients use it, and the service is asked each time', async (t) => {
  const world = await startWorld(t);
  world.acme.lifeMs = 9 * DAY_MS;
  const keeper = await begin(t, world);
  assert.equal(await keeper.want('a.example.com'), 0);
  assert.deepEqual(
    [...world.served.values()].map(({ hosts }) => hosts),
    [['a.example.com']],
  );
  await pass(keeper, world, 30, () => keeper.noteUse(id(keeper)));
  assert.ok(world.acme.orders.length >= 4 && world.acme.orders.length <= 6, String(world.acme.orders.length));
  assert.equal(world.ask.asked.length, world.acme.orders.length);
  assert.equal(keeper.list()[0]!.state, 'ok');
});

test('an unused one is not renewed, and removed once it has expired; then it may be asked for again', async (t) => {
  const world = await startWorld(t);
  world.acme.lifeMs = 90 * DAY_MS;
  const keeper = await begin(t, world);
  await keeper.want('a.example.com');
  await pass(keeper, world, 89);
  assert.equal(world.acme.orders.length, 1);
  assert.equal(world.served.size, 1, 'until then it is served');
  await pass(keeper, world, 2);
  await eventually('it is removed', () => world.served.size === 0);
  assert.deepEqual(await world.store.certificates(), []);
  assert.deepEqual(keeper.list(), []);
  assert.ok(!world.events.some((event) => /expire/.test(event)), world.events.join());
  assert.equal(await keeper.want('a.example.com'), 0);
  assert.equal(world.acme.orders.length, 2);
});

test('a client that comes back in time has it renewed', async (t) => {
  const world = await startWorld(t);
  const keeper = await begin(t, world);
  await keeper.want('a.example.com');
  await pass(keeper, world, 80);
  assert.equal(world.acme.orders.length, 1);
  keeper.noteUse(id(keeper));
  await pass(keeper, world, 1);
  assert.equal(world.acme.orders.length, 2);
});

test('a renewal that the service does not allow is not made, and asked for again after an hour', async (t) => {
  const world = await startWorld(t);
  world.acme.lifeMs = 9 * DAY_MS;
  const keeper = await begin(t, world);
  await keeper.want('a.example.com');
  world.ask.answer = () => 403;
  await pass(keeper, world, 8, () => keeper.noteUse(id(keeper)));
  assert.equal(world.acme.orders.length, 1);
  const { length } = world.ask.asked;
  assert.ok(length > 10 && length <= 3 * 24 + 1, String(length));
  world.ask.answer = () => 200;
  await pass(keeper, world, 1, () => keeper.noteUse(id(keeper)));
  assert.equal(world.acme.orders.length, 2);
});

test('a name that cannot be ordered is tried again only if a client asks, and forgotten after a day', async (t) => {
  const world = await startWorld(t);
  world.acme.refusal = { status: 403 };
  const keeper = await begin(t, world);
  const refusedForMs = await keeper.want('a.example.com');
  assert.ok(refusedForMs > 50_000 && refusedForMs <= MINUTE_MS, String(refusedForMs));
  await pass(keeper, world, 0.5);
  assert.equal(world.acme.orders.length, 1);
  assert.equal(keeper.list()[0]!.state, 'pending');
  await keeper.want('a.example.com');
  assert.equal(world.acme.orders.length, 2);
  await pass(keeper, world, 1.1);
  await eventually('it is forgotten', async () => (await world.store.certificates()).length === 0);
});

test('orders for new names are limited by the hour, and certificates in total; a limit is an event once a minute', async (t) => {
  const world = await startWorld(t);
  const keeper = await begin(t, world, { ordersPerHour: 3, maxCertificates: 5 });
  const names = Array.from({ length: 9 }, (_, at) => `n${at}.example.com`);
  const results: number[] = [];
  for (const name of names) results.push(await keeper.want(name));
  assert.equal(results.filter((ms) => ms === 0).length, 3);
  assert.equal(world.acme.orders.length, 3);
  world.nowMs += HOUR_MS + MINUTE_MS;
  for (const name of names) await keeper.want(name);
  assert.equal(world.acme.orders.length, 5);
  assert.equal(world.served.size, 5);
  assert.deepEqual(
    world.events.filter((event) => event.startsWith('names')),
    [
      'names without a certificate are refused: on_demand.orders_per_hour is reached',
      'names without a certificate are refused: on_demand.max_certificates is reached',
    ],
  );
  const { onDemand } = keeper.scrape();
  assert.deepEqual([onDemand!.states.ok, onDemand!.servedTotal], [5, 3 + 5]);
  assert.deepEqual(onDemand!.orders, { issuedTotal: 5, failedTotal: 0 });
  assert.equal(keeper.scrape().issuedTotal, 0, 'alerts are on configured certificates');
});

test('answers are reused for a while, no longer, and for few names if there are many', async (t) => {
  const world = await startWorld(t);
  const keeper = await begin(t, world, { asksPerSecond: 5 });
  world.ask.answer = () => 404;
  for (let times = 0; times < 5; times += 1) assert.equal(await keeper.want('a.example.com'), MINUTE_MS);
  assert.equal(world.ask.asked.length, 1);
  world.nowMs += MINUTE_MS;
  await keeper.want('a.example.com');
  assert.equal(world.ask.asked.length, 2);
  const names = Array.from({ length: 200 }, (_, at) => `n${at}.example.com`);
  await Promise.all(names.map((name) => keeper.want(name)));
  assert.ok(world.ask.asked.length < 12, String(world.ask.asked.length));
});

test('a service that is away is asked again soon, and operators hear of it', async (t) => {
  const world = await startWorld(t);
  const keeper = await begin(t, world);
  world.ask.answer = () => 503;
  assert.equal(await keeper.want('a.example.com'), 10_000);
  assert.match(world.events.join(), /the ask URL does not answer \(its status was 503\)/);
  world.ask.answer = () => 204;
  world.nowMs += 10_000;
  assert.equal(await keeper.want('a.example.com'), 0);
});

test('two gateways that are asked at once make one order; both serve it', async (t) => {
  const world = await startWorld(t);
  const one = await begin(t, world);
  const other = world.keeper(t, 1, 'elsewhere');
  await other.use([], false, [], world.orders());
  const follow = setInterval(() => void other.refresh(), 20);
  t.after(() => clearInterval(follow));
  const both = await Promise.all([one.want('a.example.com'), other.want('a.example.com')]);
  assert.deepEqual(both, [0, 0]);
  assert.equal(world.acme.orders.length, 1);
});

test('while the database is away, names are refused for a short time', async (t) => {
  const world = await startWorld(t);
  const keeper = await begin(t, world);
  world.store.isAway = true;
  assert.equal(await keeper.want('a.example.com'), 10_000);
  world.store.isAway = false;
  assert.equal(await keeper.want('a.example.com'), 0);
});
