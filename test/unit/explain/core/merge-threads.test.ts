import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mergeThreads } from '../../../../src/explain/core/merge-threads.ts';
import type { ExplainedStep, ThreadExplanation } from '../../../../src/explain/core/thread-explanation.ts';

type Given = readonly [step: ExplainedStep['step'], outcome: ExplainedStep['outcome'], text: string, status?: number];

function thread(...steps: readonly Given[]): ThreadExplanation {
  return {
    bucket: 'ip:127.0.0.1',
    admission: null,
    geo: null,
    cost: 1,
    steps: steps.map(([step, outcome, text, status = null]) => ({ step, outcome, text, status, error: null })),
    limits: [],
    quotas: [],
    inFlight: [],
    pool: null,
    target: null,
    location: null,
  };
}

function merged(...threads: readonly ThreadExplanation[]): readonly (readonly unknown[])[] {
  return mergeThreads(threads).steps.map(({ outcome, text, status }) => [outcome, text, status]);
}

const HIT: Given = ['cache', 'answers', 'stored', 200];
const MISS: Given = ['cache', 'passes', 'none stored'];

test('threads that agree are one', () => {
  assert.deepEqual(merged(thread(HIT), thread(HIT)), [['answers', 'stored', 200]]);
  assert.deepEqual(merged(thread(MISS)), [['passes', 'none stored', null]]);
});

test('an answer that only some threads have stored is not certain', () => {
  assert.deepEqual(merged(thread(HIT), thread(MISS), thread(MISS)), [
    ['unknown', 'stored (on 1 of 3 traffic threads)', null],
  ]);
});

test('a decision that one thread remembers is shown, and is not certain', () => {
  const asked: Given = ['auth', 'unknown', 'asked'];
  const remembered: Given = ['auth', 'passes', 'remembered'];
  assert.deepEqual(merged(thread(asked), thread(remembered)), [
    ['unknown', 'remembered (on 1 of 2 traffic threads)', null],
  ]);
});

test('what threads share is taken from one of them, although it may have changed between two answers', () => {
  const passes: Given = ['limits', 'passes', '2 left'];
  const refuses: Given = ['limits', 'answers', '0 left', 429];
  assert.deepEqual(merged(thread(passes), thread(refuses)), [['passes', '2 left', null]]);
});
