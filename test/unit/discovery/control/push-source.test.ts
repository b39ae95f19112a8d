import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { MemberCache } from '../../../../src/discovery/control/member-cache.ts';
import { PushedLists } from '../../../../src/discovery/control/pushed-lists.ts';
import type { SourceAnswer } from '../../../../src/discovery/control/source.ts';
import { createPushSource } from '../../../../src/discovery/control/sources/push-source.ts';
import { MemoryMemberStore } from '../../../support/memory-member-store.ts';

const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
const MEMBER = {
  address: '10.0.0.1',
  port: 80,
  weight: 1,
  backup: false,
  draining: false,
  region: null,
  zone: null,
  uid: null,
};

/** Two gateways on one store, with one clock that runs when told. */
function world() {
  let nowMs = 0;
  let tasks: { readonly atMs: number; readonly task: () => void }[] = [];
  const store = new MemoryMemberStore(() => nowMs);
  const [here, there] = [0, 1].map(() => new PushedLists({ store, nowMs: () => nowMs, log }));
  const schedule = (task: () => void, ms: number): (() => void) => {
    const entry = { atMs: nowMs + ms, task };
    tasks.push(entry);
    return () => (tasks = tasks.filter((each) => each !== entry));
  };
  const listen = (lists: PushedLists) => {
    const answers: SourceAnswer[] = [];
    const ports = { report: (answer: SourceAnswer) => answers.push(answer), nowMs: () => nowMs, schedule, log };
    const source = createPushSource('web', 'http', lists, { ...ports, random: () => 0 });
    source.start();
    const said = (): string[] =>
      answers.splice(0).map((answer) => (answer.kind === 'list' ? `${answer.members.length} members` : answer.reason));
    return { source, said };
  };
  const pass = (ms: number): void => {
    const endMs = nowMs + ms;
    for (;;) {
      const next = tasks.toSorted((one, other) => one.atMs - other.atMs)[0];
      if (next === undefined || next.atMs > endMs) break;
      tasks = tasks.filter((each) => each !== next);
      nowMs = next.atMs;
      next.task();
    }
    nowMs = endMs;
  };
  return { store, here: here!, there: there!, listen, pass };
}

describe('pushed members', () => {
  test('are listed here at once and elsewhere after a hint; expired, they are a failure and no empty list', async () => {
    const { here, there, listen, pass } = world();
    await here.refresh();
    const [own, other] = [listen(here), listen(there)];
    assert.deepEqual([own.said(), other.said()], [['0 members'], ['the database is unavailable']]);
    await here.push('web', [MEMBER], 30, undefined);
    assert.deepEqual(own.said(), ['1 members']);
    pass(10_000);
    await there.refresh();
    assert.deepEqual(other.said(), ['1 members']);
    pass(19_999);
    assert.deepEqual([own.said(), other.said()], [[], []]);
    pass(1);
    const expired = ['the pushed list expired, version 1'];
    assert.deepEqual([own.said(), other.said()], [expired, expired], 'the age is that of the database');
    await here.push('web', [], null, undefined);
    assert.deepEqual(own.said(), ['0 members']);
    own.source.stop();
    await here.push('web', [MEMBER], null, undefined);
    assert.deepEqual(own.said(), []);
  });

  test('that have expired before the start are listed once, because nothing better is known', async () => {
    const { here, there, listen, pass } = world();
    await here.push('web', [MEMBER], 30, undefined);
    pass(60_000);
    await there.refresh();
    assert.deepEqual(listen(there).said(), ['1 members', 'the pushed list expired, version 1']);
  });

  test('are replaced only where the version fits, and stand while the database is away', async () => {
    const { store, here, listen, pass } = world();
    await here.push('web', [MEMBER], null, undefined);
    const { said } = listen(here);
    await assert.rejects(here.push('web', [], null, [7]), { code: 'GW_PRECONDITION_FAILED' });
    store.isAway = true;
    await assert.rejects(here.push('web', [], null, undefined), { code: 'GW_DATABASE_UNAVAILABLE' });
    await here.tryRefresh();
    pass(60_000);
    assert.deepEqual([...new Set(said())], ['1 members']);
    store.isAway = false;
    await here.push('web', [], null, [1]);
    assert.deepEqual(said(), ['0 members']);
  });
});

describe('the last lists of sources', () => {
  const settle = (): Promise<void> => new Promise((resolve) => void setImmediate(() => setImmediate(resolve)));

  test('are kept, and read again without entries that do not fit', async () => {
    const store = new MemoryMemberStore();
    const cache = new MemberCache({ store, log });
    cache.keep('web', [MEMBER]);
    cache.keep('web', [MEMBER, { ...MEMBER, port: 81 }]);
    await settle();
    await store.cache({ pool: 'api', members: [{ ...MEMBER, future: 1 }, MEMBER] });
    const read = await new MemberCache({ store, log }).read();
    assert.deepEqual(
      [...read].map(([pool, members]) => [pool, members.map(({ port }) => port)]),
      [
        ['api', [80]],
        ['web', [80, 81]],
      ],
    );
  });

  test('are kept once the database is back', async () => {
    const store = new MemoryMemberStore();
    const cache = new MemberCache({ store, log });
    store.isAway = true;
    assert.deepEqual(await cache.read(), new Map());
    cache.keep('web', [MEMBER]);
    await settle();
    store.isAway = false;
    cache.retry();
    await settle();
    assert.deepEqual(await store.cached(), [{ pool: 'web', members: [MEMBER] }]);
  });
});
