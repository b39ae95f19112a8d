/** Explanations of a traffic thread that runs in the test's own thread. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import type { ExplainedRequest, ExplainedStep, ThreadExplanation } from '../../src/explain/core/thread-explanation.ts';
import type { SharedMemory } from '../../src/threads/shared-memory.ts';
import type { Traffic } from './traffic.ts';

/** Fails if the explanation changes anything in shared memory: a level, a count, a turn. */
export async function foresee(
  { thread, memory }: Pick<Traffic, 'thread' | 'memory'>,
  target: string,
  request: Partial<ExplainedRequest> = {},
): Promise<ThreadExplanation> {
  const before = digestOf(memory);
  const explanation = await thread.app.foreseeRequest({
    scheme: 'http',
    method: 'GET',
    host: 'shop.test',
    target,
    headers: {},
    address: '127.0.0.1',
    id: null,
    ...request,
  });
  assert.equal(digestOf(memory), before, 'explaining changed what threads share');
  return explanation;
}

/** The first that would certainly answer. */
export function deciderOf({ steps }: ThreadExplanation): ExplainedStep | undefined {
  return steps.find(({ outcome }) => outcome === 'answers');
}

/** `step outcome`, in order. */
export function outcomesOf({ steps }: ThreadExplanation): readonly string[] {
  return steps.map(({ step, outcome }) => `${step} ${outcome}`);
}

/** Of everything but the beats of threads, which time changes. */
function digestOf({ heartbeats: _, ...memory }: SharedMemory): string {
  const hash = createHash('sha256');
  const add = (value: unknown): void => {
    if (value instanceof SharedArrayBuffer) hash.update(new Uint8Array(value));
    else if (typeof value === 'object' && value !== null && !ArrayBuffer.isView(value))
      Object.values(value).forEach(add);
  };
  add(memory);
  return hash.digest('hex');
}
