import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isOnDemandName, onDemandLimits } from '../../../src/acme/on-demand.ts';

const NAMES = {
  'shop.example.com': true,
  'a.b.c.example.com': true,
  'xn--mnchen-3ya.de': true,
  'a.b.c.d.e.f.g.h.i.j': true,
  'a.b.c.d.e.f.g.h.i.j.k': false,
  localhost: false,
  '192.0.2.1': false,
  '2001:db8::1': false,
  'example.1': false,
  '_acme.example.com': false,
  '-a.example.com': false,
  'a-.example.com': false,
  '*.example.com': false,
  'a..example.com': false,
  '': false,
};

test('any name with a dot that an authority may know is asked about; no address', () => {
  for (const [name, isAllowed] of Object.entries(NAMES)) assert.equal(isOnDemandName(name, null), isAllowed, name);
});

test('patterns limit the names; one without a dot has to be named', () => {
  const hosts = ['*.example.com', 'localhost', 'example.org'];
  const allowed = ['a.example.com', 'example.com', 'a.b.example.com', 'localhost', 'example.org', 'a.example.org'];
  assert.deepEqual(
    allowed.map((name) => isOnDemandName(name, hosts)),
    [true, false, false, true, true, false],
  );
});

test('threads know the limits of the entry that is on demand', () => {
  const onDemand = {
    ask: 'http://127.0.0.1/',
    askTimeoutMs: 1,
    askCacheMs: 2,
    asksPerSecond: 3,
    waitMs: 4,
    maxPending: 5,
    ordersPerHour: 6,
    maxCertificates: 7,
    keepUnusedDays: 8,
  };
  assert.equal(onDemandLimits([{ hosts: ['a.example.com'] }, { hosts: null, onDemand: null }]), null);
  assert.deepEqual(onDemandLimits([{ hosts: ['a.example.com'] }, { hosts: ['*.b.test'], onDemand }]), {
    hosts: ['*.b.test'],
    asksPerSecond: 3,
    waitMs: 4,
    maxPending: 5,
  });
});
