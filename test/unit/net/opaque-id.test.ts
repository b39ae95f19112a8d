import assert from 'node:assert/strict';
import { test } from 'node:test';
import { opaqueId } from '../../../src/net/opaque-id.ts';

test('an opaque id is the same for the same secret and backend, and for no other', () => {
  const id = opaqueId('one', 'default-10.0.0.1-8081');
  assert.match(id, /^[\w-]{16}$/);
  assert.equal(opaqueId('one', 'default-10.0.0.1-8081'), id);
  assert.notEqual(opaqueId('two', 'default-10.0.0.1-8081'), id);
  assert.notEqual(opaqueId('one', 'default-10.0.0.1-8082'), id);
});
