import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspectPlugin } from '../../../../src/config/code/inspect-plugin.ts';
import { definePlugin, Type } from '../../../../src/sluice.ts';

const create = () => ({});
const tenant = definePlugin({
  name: 'tenant',
  options: Type.Object({
    header: Type.String({ default: 'x-tenant' }),
    most: Type.Integer({ minimum: 1, default: 5 }),
  }),
  create,
});

function optionsOf(...[plugin, options]: Parameters<typeof inspectPlugin>): unknown {
  const outcome = inspectPlugin(plugin, options);
  return 'value' in outcome ? outcome.value.options : outcome;
}

test('wrong options do not keep an editor from their schema', () => {
  const outcome = inspectPlugin(tenant, null);
  assert.ok('value' in outcome);
  assert.deepEqual(
    outcome.value.about.options.map(({ key }) => key),
    ['header', 'most'],
  );
});

test('options get their defaults', () => {
  assert.deepEqual(optionsOf(tenant, { most: 2 }), { header: 'x-tenant', most: 2 });
});

test('wrong options are found, each by its key', () => {
  assert.deepEqual(inspectPlugin(tenant, { most: 0, hedder: 'x' }), {
    findings: [
      { path: ['most'], message: 'found 0; allowed: an integer of at least 1' },
      { path: ['hedder'], message: 'unknown key "hedder"; did you mean "header"?' },
    ],
  });
});

test('a plugin without options takes none', () => {
  const plain = definePlugin({ name: 'plain', create });
  assert.deepEqual(optionsOf(plain, {}), {});
  assert.deepEqual(inspectPlugin(plain, { a: 1 }), {
    findings: [{ path: ['a'], message: 'the plugin has no options' }],
  });
});

test('what is no plugin is described', () => {
  const failure = (exported: unknown): string => {
    const outcome = inspectPlugin(exported, {});
    return 'failure' in outcome ? outcome.failure : '';
  };
  assert.match(failure(undefined), /no default export/);
  assert.match(
    failure(() => {}),
    /must be a plugin: use definePlugin/,
  );
  assert.match(
    failure({ name: 'Tenant', create }),
    /the name of the plugin must be 1 to 40 lower-case.*found "Tenant"/,
  );
  assert.match(failure({ name: 'tenant' }), /no function `create`/);
  assert.match(failure({ name: 'tenant', create, options: { header: 'x' } }), /must be a TypeBox object/);
});

test('a mistake in a secret does not show it', () => {
  const options = Type.Object({ token: Type.String({ minLength: 20 }), salt: Type.Integer({ writeOnly: true }) });
  const outcome = inspectPlugin(definePlugin({ name: 'keyed', options, create }), {
    token: 'hidden-one',
    salt: 'hidden-two',
  });
  assert.ok('findings' in outcome);
  assert.deepEqual(
    outcome.findings.map(({ path }) => path[0]),
    ['token', 'salt'],
  );
  assert.doesNotMatch(JSON.stringify(outcome), /hidden/);
});
