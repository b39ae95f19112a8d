import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Type } from '@sinclair/typebox';

import { fillDefaults } from '../../../../src/config/schema/fill-defaults.ts';

const schema = Type.Object(
  {
    port: Type.Integer({ default: 80 }),
    name: Type.Optional(Type.String()),
    range: Type.Tuple([Type.Integer(), Type.Integer()], { default: [1, 2] }),
    list: Type.Array(Type.Object({ weight: Type.Integer({ default: 1 }) }), { default: [] }),
    inner: Type.Object({ on: Type.Boolean({ default: true }) }, { default: {} }),
    map: Type.Optional(Type.Record(Type.String(), Type.Object({ x: Type.Integer({ default: 7 }) }))),
  },
  { default: {} },
);

test('missing values are filled in, at every depth', () => {
  assert.deepEqual(fillDefaults(schema, undefined), { port: 80, range: [1, 2], list: [], inner: { on: true } });
  assert.deepEqual(fillDefaults(schema, { port: 1, list: [{}, { weight: 2 }], map: { a: {} } }), {
    port: 1,
    range: [1, 2],
    list: [{ weight: 1 }, { weight: 2 }],
    inner: { on: true },
    map: { a: { x: 7 } },
  });
});

test('a value of the wrong type is not mixed with the default', () => {
  const wrong = { port: 'x', range: [5], list: { a: 1 }, inner: [1], map: 3 };
  assert.deepEqual(fillDefaults(schema, wrong), wrong);
});

test('unknown keys stay, for the check to find', () => {
  assert.deepEqual((fillDefaults(schema, { prot: 1 }) as { prot: number }).prot, 1);
});

test('the default itself is never handed out', () => {
  const filled = fillDefaults(schema, {}) as { range: number[] };
  filled.range.push(3);
  assert.deepEqual(fillDefaults(schema, {}), { port: 80, range: [1, 2], list: [], inner: { on: true } });
});
