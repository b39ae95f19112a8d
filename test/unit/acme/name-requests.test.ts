import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { NameRequests } from '../../../src/acme/name-requests.ts';

const LIMITS = { hosts: null, waitMs: 1000, maxPending: 5, asksPerSecond: 10 };

function build() {
  const asked: string[] = [];
  const clock = { nowMs: 1000 };
  const requests = new NameRequests({ ask: (host) => void asked.push(host), nowMs: () => clock.nowMs });
  return { asked, clock, requests };
}

test('handshakes for one name are one question, and all go on when it is answered', async () => {
  const { asked, requests } = build();
  const waiting = Array.from({ length: 5 }, () => requests.request('a.example.com', LIMITS)!.ready);
  assert.deepEqual(asked, ['a.example.com']);
  requests.settle('a.example.com', 0);
  await Promise.all(waiting);
  assert.notEqual(requests.request('a.example.com', LIMITS), undefined, 'it was not refused');
  requests.stop();
});

test('a refused name is refused at once until its time', () => {
  const { asked, clock, requests } = build();
  requests.request('a.example.com', LIMITS);
  requests.settle('a.example.com', 60_000);
  clock.nowMs += 59_999;
  assert.equal(requests.request('a.example.com', LIMITS), undefined);
  clock.nowMs += 1;
  assert.notEqual(requests.request('a.example.com', LIMITS), undefined);
  assert.equal(asked.length, 2);
  requests.stop();
});

test('nobody waits longer than allowed; an answer that comes too late still counts', async (t) => {
  mock.timers.enable({ apis: ['setTimeout'] });
  t.after(() => mock.timers.reset());
  const { requests } = build();
  const { ready: waited } = requests.request('a.example.com', LIMITS)!;
  mock.timers.tick(1000);
  await waited;
  requests.settle('a.example.com', 5000);
  assert.equal(requests.request('a.example.com', LIMITS), undefined);
});

test('a flood of names is bounded: names at a time, questions by the second, handshakes for one name', () => {
  const { asked, clock, requests } = build();
  const flood = (from: number): number => {
    const names = Array.from({ length: 1000 }, (_, at) => `n${from + at}.example.com`);
    return names.filter((name) => requests.request(name, LIMITS) !== undefined).length;
  };
  assert.equal(flood(0), 5);
  for (const host of asked) requests.settle(host, 1000);
  assert.equal(flood(1000), 5, 'ten questions a second');
  for (const host of asked) requests.settle(host, 1000);
  assert.equal(flood(2000), 0);
  clock.nowMs += 500;
  assert.equal(flood(3000), 5);
  assert.equal(asked.length, 15);
  const same = Array.from({ length: 1000 }, () => requests.request(asked.at(-1)!, LIMITS));
  assert.equal(same.filter((waited) => waited !== undefined).length, 99);
  requests.stop();
});

test('a client that leaves gives its place to another, of its name and of the names', () => {
  const { asked, requests } = build();
  const all = Array.from({ length: 5 }, (_, at) => requests.request(`n${at}.example.com`, LIMITS)!);
  assert.equal(requests.request('other.example.com', LIMITS), undefined);
  const second = requests.request('n0.example.com', LIMITS)!;
  all[0]!.leave();
  assert.equal(requests.request('other.example.com', LIMITS), undefined, 'somebody still waits for the first name');
  second.leave();
  assert.notEqual(requests.request('other.example.com', LIMITS), undefined);
  // Late: another one waits in its place.
  second.leave();
  assert.equal(requests.request('n0.example.com', LIMITS), undefined);
  assert.equal(asked.length, 6);
  const many = Array.from({ length: 99 }, () => requests.request('n1.example.com', LIMITS)!);
  assert.equal(requests.request('n1.example.com', LIMITS), undefined);
  many[7]!.leave();
  assert.notEqual(requests.request('n1.example.com', LIMITS), undefined);
  requests.stop();
});

test('names of the wrong shape are not asked about', () => {
  const { asked, requests } = build();
  for (const name of ['localhost', '192.0.2.1', '2001:db8::1']) {
    assert.equal(requests.request(name, LIMITS), undefined);
  }
  assert.deepEqual(asked, []);
});
