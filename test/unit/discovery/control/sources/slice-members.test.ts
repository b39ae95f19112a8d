import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readSlice } from '../../../../../src/discovery/control/sources/kubernetes/endpoint-slice.ts';
import {
  type SliceChoice,
  sliceMembers,
} from '../../../../../src/discovery/control/sources/kubernetes/slice-members.ts';
import { endpoint, endpointSlice, type KubeObject } from '../../../../support/kube-api.ts';

function membersOf(slices: readonly KubeObject[], choice: Partial<SliceChoice> = {}) {
  const all = sliceMembers(slices.map(readSlice), { port: 'http', family: 'any', ...choice });
  const shown = all.members.map(({ address, port, draining }) => `${address}:${port}${draining ? ' draining' : ''}`);
  return { ...all, shown };
}

const conditions = (ready: boolean | null, serving: boolean | null, terminating: boolean | null): object => ({
  conditions: { ready, serving, terminating },
});

test('endpoints become members with their zone and the identity of their pod', () => {
  const { members, refused } = membersOf([endpointSlice('web', [endpoint('10.0.0.7')])]);
  assert.deepEqual(members, [
    {
      address: '10.0.0.7',
      port: 8080,
      weight: 1,
      backup: false,
      draining: false,
      region: null,
      zone: 'eu-1a',
      uid: 'uid-of-10.0.0.7',
    },
  ]);
  assert.deepEqual(refused, []);
});

test('a port is found by its name, by its number, or because it is the only one', () => {
  const ports = [
    { name: 'http', port: 8080, protocol: 'TCP' },
    { name: 'metrics', port: 9090, protocol: 'TCP' },
    { name: 'dns', port: 5353, protocol: 'UDP' },
  ];
  const slice = endpointSlice('web', [endpoint('10.0.0.7')], { ports });
  assert.deepEqual(membersOf([slice], { port: 'metrics' }).shown, ['10.0.0.7:9090']);
  assert.deepEqual(membersOf([slice], { port: 9090 }).shown, ['10.0.0.7:9090']);
  const there = '(http: 8080, metrics: 9090)';
  for (const [port, reason] of [
    [null, `set port, because it has not one TCP port ${there}`],
    ['https', `it has no TCP port https ${there}`],
    [5353, `it has no TCP port 5353 ${there}`],
  ] as const) {
    const { shown, refused } = membersOf([slice], { port });
    assert.deepEqual([shown, refused], [[], [`EndpointSlice web-abcde: ${reason}`]]);
  }
  const one = endpointSlice('web', [endpoint('10.0.0.7')], { ports: [{ port: 3000 }] });
  assert.deepEqual(membersOf([one], { port: null }).shown, ['10.0.0.7:3000']);
});

test('slices of a named port with another number are joined, as during a roll-out', () => {
  const old = endpointSlice('web', [endpoint('10.0.0.7')], { name: 'web-1' });
  const next = endpointSlice('web', [endpoint('10.0.0.8')], { name: 'web-2', ports: [{ name: 'http', port: 8081 }] });
  assert.deepEqual(membersOf([old, next]).shown, ['10.0.0.7:8080', '10.0.0.8:8081']);
});

test('a service without ports, or with one for all, has the port that is asked for by number', () => {
  for (const ports of [null, [], [{ name: '', port: null }]]) {
    const slice = endpointSlice('web', [endpoint('10.0.0.7')], { ports });
    assert.deepEqual(membersOf([slice], { port: 8080 }).shown, ['10.0.0.7:8080']);
    assert.equal(membersOf([slice], { port: 'http' }).refused.length, 1);
  }
});

test('endpoints that are not ready are left out, and what is not known counts as ready', () => {
  const slice = endpointSlice('web', [
    endpoint('10.0.0.1', conditions(null, null, null)),
    endpoint('10.0.0.2', { conditions: undefined }),
    endpoint('10.0.0.3', conditions(false, false, false)),
    endpoint('10.0.0.4', conditions(false, true, false)),
    endpoint('10.0.0.5', conditions(false, false, true)),
  ]);
  assert.deepEqual(membersOf([slice]).shown, ['10.0.0.1:8080', '10.0.0.2:8080']);
});

test('an endpoint that terminates and still serves drains, and is used if no other is ready', () => {
  const leaving = endpoint('10.0.0.1', conditions(false, true, true));
  assert.deepEqual(membersOf([endpointSlice('web', [leaving, endpoint('10.0.0.2')])]).shown, [
    '10.0.0.2:8080',
    '10.0.0.1:8080 draining',
  ]);
  const alone = endpointSlice('web', [leaving, endpoint('10.0.0.3', conditions(false, false, false))]);
  assert.deepEqual(membersOf([alone]).shown, ['10.0.0.1:8080']);
});

test('a pod with two families is one member: its IPv4 address, or the family that is asked for', () => {
  const pod = { targetRef: { kind: 'Pod', uid: 'pod-1' } };
  const slices = [
    endpointSlice('web', [endpoint('2001:db8::7', pod)], { name: 'web-6', addressType: 'IPv6' }),
    endpointSlice('web', [endpoint('10.0.0.7', pod)], { name: 'web-4' }),
    endpointSlice('web', [endpoint('2001:DB8::8')], { name: 'web-7', addressType: 'IPv6' }),
  ];
  assert.deepEqual(membersOf(slices).shown, ['10.0.0.7:8080', '2001:db8::8:8080']);
  assert.deepEqual(membersOf(slices, { family: 'ipv6' }).shown, ['2001:db8::7:8080', '2001:db8::8:8080']);
  assert.deepEqual(membersOf(slices, { family: 'ipv4' }).shown, ['10.0.0.7:8080']);
});

test('an endpoint that is in two slices while it moves counts once, and as ready if one says so', () => {
  for (const more of [{}, { targetRef: undefined }]) {
    const leaving = endpoint('10.0.0.1', { ...more, ...conditions(false, true, true) });
    const slices = [
      endpointSlice('web', [leaving], { name: 'web-1' }),
      endpointSlice('web', [endpoint('10.0.0.1', more)], { name: 'web-2' }),
    ];
    assert.deepEqual(membersOf(slices).shown, ['10.0.0.1:8080']);
  }
});

test('an address that is none is refused by name, and the others stay', () => {
  const slice = endpointSlice('web', [
    endpoint('10.0.0.7'),
    endpoint('10.0.0.256'),
    endpoint('x', { addresses: [] }),
    endpoint('host name'),
  ]);
  const { shown, refused } = membersOf([slice]);
  assert.deepEqual(shown, ['10.0.0.7:8080']);
  assert.deepEqual(
    refused,
    ['"10.0.0.256"', 'none', '"host name"'].map(
      (address) => `EndpointSlice web-abcde: an endpoint's address is ${address}`,
    ),
  );
});

test('what is no EndpointSlice is an error, because a list without it would be wrong', () => {
  const good = endpointSlice('web', [endpoint('10.0.0.7')]);
  for (const [object, reason] of [
    [null, /has no name/],
    [{ ...good, addressType: 4 }, /web-abcde has no addressType/],
    [{ ...good, endpoints: 'none' }, /no lists/],
    [{ ...good, ports: [{ port: '8080' }] }, /no port number/],
  ] as const) {
    assert.throws(() => readSlice(object), reason);
  }
  assert.deepEqual(readSlice({ ...good, endpoints: null }).endpoints, []);
});
