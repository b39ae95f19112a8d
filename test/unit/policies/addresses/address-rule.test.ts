import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseAddress } from '../../../../src/net/ip-address.ts';
import { AddressRule } from '../../../../src/policies/addresses/address-rule.ts';

function admits(allow: readonly string[], deny: readonly string[], address: string): boolean {
  return AddressRule.of(allow, deny)!.admits(parseAddress(address)!);
}

test('without lists there is no rule', () => {
  assert.equal(AddressRule.of([], []), null);
});

test('with an allowlist, others are refused; without one, only those on the denylist', () => {
  assert.ok(admits(['10.0.0.0/8'], [], '10.1.2.3'));
  assert.ok(!admits(['10.0.0.0/8'], [], '192.0.2.1'));
  assert.ok(!admits(['10.0.0.0/8'], [], '2001:db8::1'));
  assert.ok(!admits([], ['192.0.2.0/24'], '192.0.2.1'));
  assert.ok(admits([], ['192.0.2.0/24'], '192.0.3.1'));
});

test('the smaller block wins, and the denylist between equal ones', () => {
  const [allow, deny] = [
    ['10.0.0.0/8', '10.66.1.0/24', '2001:db8::/32'],
    ['10.66.0.0/16', '2001:db8::/32'],
  ];
  assert.ok(admits(allow, deny, '10.1.1.1'));
  assert.ok(!admits(allow, deny, '10.66.0.1'));
  assert.ok(admits(allow, deny, '10.66.1.1'));
  assert.ok(!admits(allow, deny, '2001:db8::1'));
});
