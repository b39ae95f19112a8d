import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  isSampled,
  isTraceField,
  isTraceparent,
  passedTraceState,
  spanIdOf,
  traceIdOf,
  traceparentOf,
  unsampled,
} from '../../../../src/tracing/core/trace-context.ts';
import { seededDraw } from '../../../support/seeded.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';
const VALID = `00-${TRACE}-${SPAN}-01`;
const HEX = '0123456789abcdef';

describe('a traceparent', () => {
  test('has a trace id, the id of the span that sends it, and a flag', () => {
    assert.ok(isTraceparent(VALID));
    assert.equal(traceIdOf(VALID), TRACE);
    assert.equal(spanIdOf(VALID), SPAN);
    assert.equal(isSampled(VALID), true);
    assert.equal(unsampled(VALID), `00-${TRACE}-${SPAN}-00`);
    assert.equal(traceparentOf(TRACE, SPAN, false), `00-${TRACE}-${SPAN}-00`);
  });

  test('is sampled by the lowest bit of its flags alone', () => {
    for (const [flags, expected] of [
      ['00', false],
      ['01', true],
      ['02', false],
      ['03', true],
      ['fe', false],
      ['ff', true],
    ] as const) {
      const value = `00-${TRACE}-${SPAN}-${flags}`;
      assert.ok(isTraceparent(value), flags);
      assert.equal(isSampled(value), expected, flags);
    }
  });

  test('of a later version may say more, after a dash', () => {
    for (const value of [
      `01-${TRACE}-${SPAN}-01`,
      `cc-${TRACE}-${SPAN}-01-what-the-future-will-be-like`,
      `fe-${TRACE}-${SPAN}-01-`,
    ])
      assert.ok(isTraceparent(value), value);
  });

  test('is none if its form, case, version or an id is wrong', () => {
    for (const value of [
      undefined,
      '',
      `ff-${TRACE}-${SPAN}-01`,
      `00-${TRACE}-${SPAN}-01-`,
      `00-${TRACE}-${SPAN}-01.`,
      `01-${TRACE}-${SPAN}-01.x`,
      `cc-${TRACE}-${SPAN}-010`,
      `00-${TRACE}-${SPAN}-0`,
      `00-${TRACE}-${SPAN}`,
      `00-${TRACE.toUpperCase()}-${SPAN}-01`,
      `00-${TRACE}-${SPAN.toUpperCase()}-01`,
      `0A-${TRACE}-${SPAN}-01`,
      `00-${TRACE}-${SPAN}-0A`,
      `00-${'0'.repeat(32)}-${SPAN}-01`,
      `00-${TRACE}-${'0'.repeat(16)}-01`,
      `00-${TRACE.slice(1)}g-${SPAN}-01`,
      ` ${VALID}`,
      `${VALID}, ${VALID}`,
      `00_${TRACE}_${SPAN}_01`,
    ]) {
      assert.equal(isTraceparent(value), false, String(value));
    }
  });

  test('that was changed at one place is read as before, or as none', () => {
    const draw = seededDraw(7);
    for (let turn = 0; turn < 5000; turn += 1) {
      const at = draw.below(VALID.length);
      const letter = draw.text(`${HEX}ABCFGZ-_ ,;\x00\xff`, 1);
      const value = VALID.slice(0, at) + letter + VALID.slice(at + 1);
      const isRight = /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/.test(value);
      assert.equal(isTraceparent(value), isRight, value);
    }
  });

  test('of any ids is read back as it was written', () => {
    const draw = seededDraw(8);
    for (let turn = 0; turn < 1000; turn += 1) {
      const [trace, span] = [draw.text(HEX, 31), draw.text(HEX, 15)].map((digits) => `${digits}1`) as [string, string];
      const isOn = draw.fraction() < 0.5;
      const value = traceparentOf(trace, span, isOn);
      assert.ok(isTraceparent(value));
      assert.deepEqual([traceIdOf(value), spanIdOf(value), isSampled(value)], [trace, span, isOn]);
    }
  });
});

test('the fields of a trace context are known in any case', () => {
  for (const name of ['traceparent', 'TRACEPARENT', 'TraceParent', 'tracestate', 'TraceState'])
    assert.ok(isTraceField(name), name);
  for (const name of ['trace-parent', 'traceparents', 'tracestat', 'baggage', 'user-agent1', 'keep-alive'])
    assert.equal(isTraceField(name), false, name);
});

describe('a tracestate', () => {
  test('is passed on with its members in their order, without white space and empty members', () => {
    assert.equal(
      passedTraceState('rojo=00f067aa0ba902b7,congo=t61rcWkgMzE'),
      'rojo=00f067aa0ba902b7,congo=t61rcWkgMzE',
    );
    assert.equal(passedTraceState(' a=1 ,\t, b=2, '), 'a=1,b=2');
    assert.equal(passedTraceState('fw529a3039@dt=FfffffffX'), 'fw529a3039@dt=FfffffffX');
    assert.equal(passedTraceState('a= x y'), 'a= x y');
    assert.equal(passedTraceState(undefined), '');
    assert.equal(passedTraceState(''), '');
  });

  test('is dropped as a whole if a member is malformed, a key comes twice, or there are too many', () => {
    for (const value of [
      'a',
      'A=1',
      'a=1,b',
      '1a=1',
      'a=',
      'a=b=c',
      'a=1,a=2',
      'a=\x7f',
      'a=é',
      '@b=1',
      'a@=1',
      'a@1b=1',
    ])
      assert.equal(passedTraceState(value), '', value);
    const many = Array.from({ length: 33 }, (_, at) => `k${at}=1`);
    assert.equal(passedTraceState(many.join(',')), '');
    assert.equal(passedTraceState(many.slice(1).join(',')), many.slice(1).join(','));
  });

  test('of more than 512 characters loses its large members first, and then its last ones', () => {
    const small = Array.from({ length: 6 }, (_, at) => `s${at}=${'x'.repeat(60)}`);
    const large = `l=${'x'.repeat(200)}`;
    assert.equal(passedTraceState([large, ...small].join(',')), small.join(','));
    const tens = Array.from({ length: 20 }, (_, at) => `t${at}=${'x'.repeat(40)}`);
    const passed = passedTraceState(tens.join(','));
    assert.ok(passed.length <= 512);
    assert.equal(passed, tens.slice(0, 11).join(','));
  });

  test('never grows, and is the same when it is read again', () => {
    const draw = seededDraw(9);
    for (let turn = 0; turn < 3000; turn += 1) {
      const value = Array.from({ length: draw.below(40) }, () => draw.text('ab1=@, \t-*/', draw.below(30))).join(',');
      const passed = passedTraceState(value);
      assert.ok(passed.length <= Math.min(512, value.length), value);
      assert.equal(passedTraceState(passed), passed, value);
    }
  });
});
