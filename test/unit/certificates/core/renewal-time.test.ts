import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renewalTime } from '../../../../src/certificates/core/renewal-time.ts';

test('a certificate is due after two thirds of its life', () => assert.equal(renewalTime(3000, 9000), 7000));
