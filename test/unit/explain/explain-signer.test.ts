import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ExplainSigner } from '../../../src/explain/explain-signer.ts';

const signer = new ExplainSigner('a secret');

test('a token is good for a minute, on gateways with the same secret', () => {
  const { token, expiry } = signer.sign(1000.9);
  assert.equal(expiry, 1060);
  assert.equal(new ExplainSigner('a secret').isValid(token, 1000), true);
  assert.equal(signer.isValid(token, 1059.9), true);
  assert.equal(signer.isValid(token, 1060), false);
  assert.equal(new ExplainSigner('another').isValid(token, 1000), false);
});

test('what is no token, was changed, or is of the future is none', () => {
  const { token } = signer.sign(1000);
  const [expiry, signature] = token.split('.') as [string, string];
  for (const wrong of [
    '',
    'x',
    expiry,
    `${expiry}.`,
    `${Number(expiry) + 1}.${signature}`,
    `${expiry}.${'A'.repeat(43)}`,
    `${token}A`,
  ]) {
    assert.equal(signer.isValid(wrong, 1000), false, wrong);
  }
  assert.equal(signer.isValid(signer.sign(5000).token, 1000), false);
});
