import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertedNames } from '../../../src/auth/asserted-names.ts';
import { routeSettings } from '../../support/route-settings.ts';

const SET = { X_User: '{auth_user}', 'x-org': 'org {client_id}', 'x-path': '{path}', 'x-fixed': 'on' };

test('fields are asserted that a route with authentication fills with who the caller is', () => {
  const guarded = routeSettings({
    auth: { api_key: 'required' },
    request_headers: { set: SET, add: { 'X-Sub': '{jwt.sub}' } },
  });
  assert.deepEqual([...assertedNames([routeSettings(), guarded])].sort(), ['x-org', 'x-sub', 'x-user']);
});

test('without authentication nothing is asserted', () => {
  assert.equal(assertedNames([routeSettings({ request_headers: { set: SET } })]).size, 0);
});
