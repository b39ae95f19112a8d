/** The outcomes of a load's requests, in slots of half a second: totals, and whether all is calm. */

export type OutcomeKind =
  /** Complete, and the right one. */
  | 'ok'
  /** 429. */
  | 'refused'
  /** An answer of 400 or more. */
  | 'status'
  /** It ended in the middle of its body, and the client could tell. */
  | 'cut'
  /** No answer: the connection broke, or nothing came in time. */
  | 'broken'
  /** Complete, but not the answer to this request. Never acceptable. */
  | 'wrong';

export interface Outcome {
  readonly kind: OutcomeKind;
  /** GET: a gateway may retry it. */
  readonly isIdempotent: boolean;
  /** `502 GW_BACKEND_RESET`, `ECONNRESET`, …; empty if ok. */
  readonly detail: string;
  readonly durationMs: number;
}

export interface Totals {
  readonly sent: number;
  readonly refused: number;
  readonly wrong: number;
  /** Status, cut or broken. */
  readonly failed: number;
  readonly failedIdempotent: number;
  readonly failedOther: number;
  /** Number of failures by kind: `GET 502 GW_BACKEND_RESET`. */
  readonly failures: ReadonlyMap<string, number>;
  /** ms; NaN: nothing was sent. */
  readonly p95Ms: number;
}

interface Slot {
  readonly outcomes: Outcome[];
}

export interface Calm {
  /** Answers per second, at least. */
  readonly minPerSecond: number;
  readonly p95Ms: number;
}

/** Totals cover whole slots. */
export const SLOT_MS = 500;
const CALM_SLOTS = 2;
/** Ten minutes: no fault takes longer. */
const MAX_SLOTS = 1200;

export class Tally {
  readonly #slots = new Map<number, Slot>();

  add(nowMs: number, outcome: Outcome): void {
    const at = Math.floor(nowMs / SLOT_MS);
    let slot = this.#slots.get(at);
    if (slot === undefined) {
      slot = { outcomes: [] };
      this.#slots.set(at, slot);
      if (this.#slots.size > MAX_SLOTS) this.#slots.delete(this.#slots.keys().next().value!);
    }
    slot.outcomes.push(outcome);
  }

  /** Of the slots that `fromMs` and `toMs` are in, and those between. */
  totals(fromMs: number, toMs: number): Totals {
    const outcomes = this.#between(Math.floor(fromMs / SLOT_MS), Math.floor(toMs / SLOT_MS));
    const failures = new Map<string, number>();
    let refused = 0;
    let wrong = 0;
    let failedIdempotent = 0;
    let failedOther = 0;
    for (const { kind, isIdempotent, detail } of outcomes) {
      if (kind === 'ok') continue;
      const name = `${isIdempotent ? 'GET' : 'POST'} ${detail}`;
      failures.set(name, (failures.get(name) ?? 0) + 1);
      if (kind === 'refused') refused += 1;
      else if (kind === 'wrong') wrong += 1;
      else if (isIdempotent) failedIdempotent += 1;
      else failedOther += 1;
    }
    const failed = failedIdempotent + failedOther;
    const p95Ms = p95(outcomes.map(({ durationMs }) => durationMs));
    return { sent: outcomes.length, refused, wrong, failed, failedIdempotent, failedOther, failures, p95Ms };
  }

  /** The whole second that has just ended, since `fromMs`: enough answers, no failure, none too slow. */
  isCalm(fromMs: number, nowMs: number, calm: Calm): boolean {
    const end = Math.floor(nowMs / SLOT_MS);
    if ((end - CALM_SLOTS) * SLOT_MS < fromMs) return false;
    const { sent, failed, wrong, refused, p95Ms } = this.totals((end - CALM_SLOTS) * SLOT_MS, end * SLOT_MS - 1);
    return sent >= calm.minPerSecond && failed + wrong + refused === 0 && p95Ms <= calm.p95Ms;
  }

  #between(first: number, last: number): readonly Outcome[] {
    const found: Outcome[] = [];
    for (let at = first; at <= last; at += 1) found.push(...(this.#slots.get(at)?.outcomes ?? []));
    return found;
  }
}

function p95(values: number[]): number {
  values.sort((a, b) => a - b);
  return values[Math.min(values.length - 1, Math.floor(values.length * 0.95))] ?? NaN;
}
