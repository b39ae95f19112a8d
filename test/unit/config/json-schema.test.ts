import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { Ajv } from 'ajv';
import { parse } from 'yaml';

const root = new URL('../../../', import.meta.url);
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
