import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { Type } from '@sinclair/typebox';
import { Ajv } from 'ajv';
import { parse } from 'yaml';
import { describeOptions } from '../../../../src/config/code/plugin-options.ts';
import { editorSchema } from '../../../../src/config/editor/editor-schema.ts';

const root = new URL('../../../../', import.meta.url);
const schema = JSON.parse(readFileSync(new URL('openapi/config.schema.json', root), 'utf8')) as object;
const validate = new Ajv({ strict: true, strictTuples: false, allowUnionTypes: true }).compile(schema);
const pools = { a: { backends: [{ url: 'http://b' }] } };

test('an editor accepts the sample, without its keys that have no value', () => {
  const sample: unknown = parse(readFileSync(new URL('sluice.example.yaml', root), 'utf8'));
  assert.ok(validate(sample), JSON.stringify(validate.errors));
});

test('an editor accepts variables where a number belongs', () => {
  assert.ok(validate({ pools, server: { port: '${PORT}', keep_alive: '${KEEP:-5s}' }, log: { level: '${LEVEL}' } }));
});

test('an editor marks unknown keys and wrong values', () => {
  for (const wrong of [
    { pools, prot: 1 },
    { pools, server: { port: 'x' } },
    { pools, server: { keep_alive: '5 seconds' } },
    { pools, log: { level: 'verbose' } },
    { pools, rate_limit: { default: { capacity: 0 } } },
    { pools: { a: {} } },
    { pools: { a: { backends: [] } } },
    { pools: { a: { discover: {} } } },
    {},
  ]) {
    assert.equal(validate(wrong), false, JSON.stringify(wrong));
  }
});

test('an editor knows the options of plugins, and their names on routes', () => {
  const options = describeOptions(
    Type.Object({
      header: Type.String({ default: 'x-tenant', description: 'What backends get.' }),
      most: Type.Integer({ minimum: 1 }),
      service: Type.Object({ ttl: Type.Number({ default: 5 }) }),
    }),
  );
  const whole = editorSchema(
    new Map([
      ['tenant', options.schema],
      ['plain', describeOptions(undefined).schema],
    ]),
  );
  const accepts = new Ajv({ strict: true, strictTuples: false, strictRequired: false, allowUnionTypes: true }).compile(
    whole,
  );
  const tenant = { file: 'a.ts', options: { most: 2, service: {} } };
  for (const plugins of [{ tenant }, { plain: { file: 'b.ts' } }, { other: { file: 'c.ts', options: { any: 1 } } }])
    assert.ok(accepts({ pools, plugins }), JSON.stringify([plugins, accepts.errors]));
  for (const wrong of [
    { plugins: { tenant: { file: 'a.ts' } } },
    { plugins: { tenant: { ...tenant, options: { most: 0, service: {} } } } },
    { plugins: { tenant: { ...tenant, options: { most: 2, service: {}, hedder: 'x' } } } },
    { plugins: { tenant: { ...tenant, options: { most: 2, service: { ttl: 'x' } } } } },
    { plugins: { plain: { file: 'b.ts', options: { any: 1 } } } },
    { plugins: { tenant }, routes: [{ pool: 'a', plugins: ['tennant'] }] },
    { plugins: { tenant }, route_defaults: { plugins: ['tennant'] } },
  ])
    assert.equal(accepts({ pools, ...wrong }), false, JSON.stringify(wrong));
});
