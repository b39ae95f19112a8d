/**
 * A plan is not stored: its id names what it was made of, so it can be applied days later, after a restart, and on a
 * machine that never saw it, as long as nothing has changed.
 */
import { fingerprintOf } from '../../config/file/text-reader.ts';

export interface PlanParts {
  /** Digest of the text that applies; empty: none. */
  readonly base: string;
  /** Digest of what the file contains; usually the same. */
  readonly file: string;
  /** Digest of the text that was planned. */
  readonly text: string;
}

/** Characters of each digest: they are compared, and protect nothing. */
const LENGTH = 16;

const PLAN_ID = /^[0-9a-f]{16}-[0-9a-f]{16}-[0-9a-f]{16}$/;

export function planParts(base: string, file: string | null, text: string): PlanParts {
  return { base, file: fingerprintOf(file ?? ''), text: fingerprintOf(text) };
}

export function planId({ base, file, text }: PlanParts): string {
  return [base, file, text].map((digest) => digest.slice(0, LENGTH).padEnd(LENGTH, '0')).join('-');
}

/** Null: it is no id of a plan. */
export function readPlanId(id: string): PlanParts | null {
  if (!PLAN_ID.test(id)) return null;
  const [base = '', file = '', text = ''] = id.split('-');
  return { base, file, text };
}
