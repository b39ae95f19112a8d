import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeOptions } from '../../../../src/config/code/plugin-options.ts';
import type { Settings } from '../../../../src/config/settings.ts';
import { configuredPlugins } from '../../../../src/reload/control/configured-plugins.ts';
import { Type } from '../../../../src/sluice.ts';

const SCHEMA = Type.Object({
  header: Type.String({ default: 'x-tenant', description: 'What backends get.' }),
  most: Type.Integer({ minimum: 1, maximum: 10, default: 3 }),
  salt: Type.Optional(Type.String({ writeOnly: true })),
  max_tokens: Type.Integer({ default: 5 }),
  service: Type.Object({
    url: Type.String(),
    password: Type.Optional(Type.String()),
    keys: Type.Array(Type.String(), { default: [] }),
    hosts: Type.Array(Type.String(), { default: [] }),
  }),
  users: Type.Optional(Type.Array(Type.Record(Type.String(), Type.String()))),
  pairs: Type.Optional(Type.Array(Type.Object({ salt: Type.String({ writeOnly: true }) }))),
});

function listed(
  options: Readonly<Record<string, unknown>>,
  texts: Readonly<Record<string, string>> = {},
  problems = {},
) {
  const settings = {
    plugins: { tenant: { file: 'a.ts', revision: 'r1', timeoutMs: 50, onError: 'deny', options } },
    routes: [
      { name: 'api', plugins: ['tenant'] },
      { name: 'other', plugins: [] },
    ],
  } as unknown as Settings;
  return configuredPlugins({
    settings,
    about: new Map([['tenant', describeOptions(SCHEMA)]]),
    references: { texts: new Map(Object.entries(texts).map(([at, text]) => [at, { text, value: '' }])) },
    problems: Object.entries(problems).map(([field, message]) => ({ field, message: String(message) })),
  })[0]!;
}

const GIVEN = {
  header: 'x-tenant',
  most: 7,
  salt: 'abc',
  max_tokens: 9,
  service: { url: 'https://ann:pw@tenants.test/', password: 'p', keys: ['k'], hosts: ['a'] },
  users: [{ name: 'ann', password: 'p' }],
  pairs: [{ salt: 's' }],
};

test('each option has what its schema says, and its value', () => {
  const { routes, options } = listed(GIVEN);
  assert.deepEqual(routes, ['api']);
  assert.deepEqual(options[0], {
    key: 'header',
    description: 'What backends get.',
    allowed: 'text',
    fallback: '"x-tenant"',
    isRequired: false,
    isSecret: false,
    isSet: false,
    value: '"x-tenant"',
    error: null,
  });
  assert.deepEqual(
    options.map(({ key, allowed, isRequired, isSet }) => [key, allowed, isRequired, isSet]),
    [
      ['header', 'text', false, false],
      ['most', 'an integer from 1 to 10', false, true],
      ['salt', 'text', false, true],
      ['max_tokens', 'an integer', false, true],
      ['service.url', 'text', true, true],
      ['service.password', 'text', false, true],
      ['service.keys', 'a list', false, true],
      ['service.hosts', 'a list', false, true],
      ['users', 'a list', false, true],
      ['pairs', 'a list', false, true],
    ],
  );
});

test('secrets are not shown: by the schema, by their name, in a URL, or from a variable', () => {
  const texts = { '/plugins/tenant/options/header': '${HEADER}', '/plugins/tenant/options/service/hosts/0': '${HOST}' };
  const { options } = listed({ ...GIVEN, header: 'secret header' }, texts);
  assert.deepEqual(
    options.map(({ key, value }) => [key, value]),
    [
      ['header', '${HEADER}'],
      ['most', '7'],
      ['salt', '***'],
      ['max_tokens', '9'],
      ['service.url', '"https://***@tenants.test/"'],
      ['service.password', '***'],
      ['service.keys', '***'],
      ['service.hosts', '***'],
      ['users', '[{"name":"ann","password":"***"}]'],
      ['pairs', '***'],
    ],
  );
});

test('a mistake of the last reload is at its key', () => {
  const { options } = listed(
    {},
    {},
    {
      'plugins.tenant.options.most': 'c.yaml:3: found 0',
      'plugins.tenant.options.service.hosts.0': 'found 1',
      'plugins.tenanted.options.header': 'of another one',
    },
  );
  assert.deepEqual(
    options.filter(({ error }) => error !== null).map(({ key, error, value }) => [key, error, value]),
    [
      ['most', 'c.yaml:3: found 0', null],
      ['service.hosts', 'found 1', null],
    ],
  );
});
