import assert from 'node:assert/strict';
import { test } from 'node:test';
import { directivesOf, secondsOf } from '../../../../../src/policies/cache/core/cache-control.ts';
import { isStorable, type StorableFacts } from '../../../../../src/policies/cache/core/storable.ts';

function stores(control: string, more: Partial<StorableFacts> = {}): boolean {
  const directives = directivesOf(control);
  return isStorable({
    status: 200,
    directives,
    isPersonal: false,
    lifetime: secondsOf(directives, 's-maxage') ?? secondsOf(directives, 'max-age'),
    defaultTtl: 0,
    hasValidator: false,
    isSettingCookies: false,
    storesCookies: false,
    ...more,
  });
}

test('an answer is stored if it says how long, and nothing forbids it', () => {
  assert.equal(stores('max-age=60'), true);
  assert.equal(stores(''), false);
  assert.equal(stores('public'), false);
  assert.equal(stores('max-age=60, no-store'), false);
  assert.equal(stores('max-age=60, private'), false);
  assert.equal(stores('max-age=60, private="set-cookie"'), false);
});

test('a default time applies to statuses that are cacheable by default', () => {
  assert.equal(stores('', { defaultTtl: 1 }), true);
  assert.equal(stores('', { defaultTtl: 1, status: 404 }), true);
  for (const status of [201, 302, 400, 403, 500, 503]) assert.equal(stores('', { defaultTtl: 1, status }), false);
  for (const status of [201, 302, 400, 403, 500, 503]) assert.equal(stores('max-age=1', { status }), true);
  assert.equal(stores('private', { defaultTtl: 1 }), false);
});

test('parts, and answers about what the client has, are never stored', () => {
  for (const status of [100, 206, 304]) assert.equal(stores('max-age=60', { status }), false);
});

test('an answer to somebody in particular is stored only if it says that it may be', () => {
  const isPersonal = true;
  assert.equal(stores('max-age=60', { isPersonal }), false);
  for (const word of ['public', 's-maxage=60', 'must-revalidate']) {
    assert.equal(stores(`max-age=60, ${word}`, { isPersonal }), true, word);
  }
  assert.equal(stores('', { isPersonal, defaultTtl: 1 }), false);
});

test('an answer that sets a cookie is stored only if that is asked for', () => {
  assert.equal(stores('max-age=60', { isSettingCookies: true }), false);
  assert.equal(stores('max-age=60', { isSettingCookies: true, storesCookies: true }), true);
});

test('what must always be checked is stored if there is something to check it with', () => {
  assert.equal(stores('no-cache'), false);
  assert.equal(stores('no-cache', { hasValidator: true }), true);
  assert.equal(stores('max-age=0'), false);
  assert.equal(stores('max-age=0', { hasValidator: true }), true);
  assert.equal(stores('max-age=0, stale-if-error=60'), true);
});

test('must-understand overrules no-store where the status is understood', () => {
  assert.equal(stores('max-age=60, no-store, must-understand'), true);
  assert.equal(stores('max-age=60, no-store, must-understand', { status: 418 }), false);
  assert.equal(stores('max-age=60, must-understand', { status: 418 }), false);
});
