import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CorsPolicy, type CorsSettings } from '../../../../src/policies/cors/cors-policy.ts';

const SETTINGS: CorsSettings = {
  origins: ['https://app.test'],
  methods: ['GET', 'PUT'],
  headers: null,
  expose: [],
  credentials: false,
  maxAgeMs: 600_000,
  privateNetwork: false,
};

type Headers = Readonly<Record<string, string>>;

function answered(settings: Partial<CorsSettings>, headers: Headers, method = 'GET', given: readonly string[] = []) {
  const fields = [...given];
  new CorsPolicy({ ...SETTINGS, ...settings }).applyTo(fields, 200, { response: { req: { method, headers } } });
  return fields;
}

function allowed(origins: readonly string[], origin: string): boolean {
  return new CorsPolicy({ ...SETTINGS, origins }).allows(origin);
}

test('an origin is allowed as a whole: scheme, host and port', () => {
  assert.ok(allowed(['https://App.test'], 'https://app.test'));
  for (const origin of [
    'http://app.test',
    'https://app.test:8443',
    'https://app.test.evil',
    'https://xapp.test',
    'null',
    '',
  ]) {
    assert.ok(!allowed(['https://app.test'], origin), origin);
  }
  assert.ok(allowed(['null'], 'null'));
  assert.ok(allowed(['*'], 'https://any.test'));
});

test('a wildcard stands for the labels in front, and for nothing else', () => {
  const origins = ['https://*.app.test', 'http://*.local:5173'];
  assert.ok(allowed(origins, 'https://a.app.test'));
  assert.ok(allowed(origins, 'https://a.b-c.app.test'));
  assert.ok(allowed(origins, 'http://a.local:5173'));
  for (const origin of [
    'https://app.test',
    'https://.app.test',
    'https://evilapp.test',
    'https://a.app.test:444',
    'http://a.app.test',
    'https://evil.test/.app.test',
    'https://evil.test#.app.test',
    'https://evil.test:80@a.app.test',
    'http://a.local',
  ]) {
    assert.ok(!allowed(origins, origin), origin);
  }
});

test('an answer says who may read it, and that it depends on that', () => {
  assert.deepEqual(answered({ expose: ['x-a', 'x-b'] }, { origin: 'https://app.test' }), [
    'vary',
    'origin',
    'access-control-allow-origin',
    'https://app.test',
    'access-control-expose-headers',
    'x-a, x-b',
  ]);
  assert.deepEqual(answered({}, {}), ['vary', 'origin']);
  assert.deepEqual(answered({ credentials: true }, { origin: 'https://evil.test' }), ['vary', 'origin']);
  assert.deepEqual(answered({ origins: ['*'] }, { origin: 'https://any.test' }), ['access-control-allow-origin', '*']);
});

test('what a backend says about it is replaced, and its Vary kept', () => {
  const fields = answered({}, { origin: 'https://app.test' }, 'GET', [
    'Access-Control-Allow-Origin',
    '*',
    'Vary',
    'Accept-Encoding, Origin',
    'ACCESS-CONTROL-ALLOW-CREDENTIALS',
    'true',
    'access-control-x',
    'kept',
  ]);
  assert.deepEqual(fields, [
    'Vary',
    'Accept-Encoding, Origin',
    'access-control-x',
    'kept',
    'access-control-allow-origin',
    'https://app.test',
  ]);
});

test('a preflight gets methods, fields and time', () => {
  const asking = {
    origin: 'https://app.test',
    'access-control-request-method': 'PUT',
    'access-control-request-headers': 'x-a,content-type',
    'access-control-request-private-network': 'true',
  };
  const told = (settings: Partial<CorsSettings>, more: Headers = {}): Readonly<Record<string, string>> => {
    const fields = answered(settings, { ...asking, ...more }, 'OPTIONS');
    return Object.fromEntries(fields.flatMap((name, at) => (at % 2 === 0 ? [[name, fields[at + 1]!]] : [])));
  };
  const any = told({ credentials: true, privateNetwork: true });
  assert.equal(any['access-control-allow-methods'], 'GET, PUT');
  assert.equal(any['access-control-allow-headers'], 'x-a,content-type');
  assert.equal(any['access-control-max-age'], '600');
  assert.equal(any['access-control-allow-credentials'], 'true');
  assert.equal(any['access-control-allow-private-network'], 'true');
  const some = told({ headers: ['X-B'] });
  assert.equal(some['access-control-allow-headers'], 'X-B');
  assert.equal(some['access-control-allow-private-network'], undefined);
  // Nothing that is no list of names comes back.
  assert.equal(told({}, { 'access-control-request-headers': 'a b' })['access-control-allow-headers'], undefined);
  assert.equal(
    told({}, { 'access-control-request-headers': 'a,'.repeat(3000) })['access-control-allow-headers'],
    undefined,
  );
  const other = answered({}, { ...asking, origin: 'https://evil.test' }, 'OPTIONS');
  assert.deepEqual(other, ['vary', 'origin']);
});
