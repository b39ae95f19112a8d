/**
 * Puts together what several traffic threads say of the same request. They agree about all that is in shared memory; each
 * has a response cache and remembered decisions of its own, and any of them may get the request.
 */
import type { ExplainedStep, ThreadExplanation } from './thread-explanation.ts';

/** Steps that a thread decides by what it alone remembers. */
const OWN: readonly ExplainedStep['step'][] = ['auth', 'cache'];

/** @param parts the first thread first; at least one */
export function mergeThreads(parts: readonly ThreadExplanation[]): ThreadExplanation {
  // The one that knows most, and of those the first.
  const known = parts.toSorted((one, other) => unknowns(one) - unknowns(other))[0]!;
  return { ...known, steps: known.steps.map((step) => (OWN.includes(step.step) ? mergedStep(step, parts) : step)) };
}

function unknowns({ steps }: ThreadExplanation): number {
  return steps.filter(({ outcome }) => outcome === 'unknown').length;
}

function mergedStep(step: ExplainedStep, parts: readonly ThreadExplanation[]): ExplainedStep {
  const all = parts.flatMap(({ steps }) => steps.filter((each) => each.step === step.step));
  const same = all.filter(({ outcome, text }) => outcome === step.outcome && text === step.text);
  if (same.length === parts.length) return step;
  const share = `${step.text} (on ${same.length} of ${parts.length} traffic threads)`;
  return { ...step, outcome: 'unknown', text: share, status: null, error: null };
}
