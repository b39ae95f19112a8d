/**
 * How many replicas are wanted, by the rules of Kubernetes' HorizontalPodAutoscaler: each signal asks for
 * ceil(current × value / target), the highest wins, and the number falls only once nothing has asked for more for a
 * while.
 * Source: https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/#algorithm-details
 */
import type { ScaleLimit, ScaleSignal } from './scaling-vocabulary.ts';

/** A signal this close to its target, as a share of it, asks for no change. */
const TOLERANCE = 0.1;
/** At most this many times as many replicas at once, but always up to GROWTH_MINIMUM. */
const GROWTH_FACTOR = 2;
const GROWTH_MINIMUM = 4;

export interface Reading {
  readonly signal: ScaleSignal;
  /** Null: not known now. */
  readonly value: number | null;
  /** For each replica; above 0. */
  readonly target: number;
  /** True: `value` is of all replicas together; false: an average. */
  readonly isTotal: boolean;
}

export interface ReplicaCount {
  /** Configured and in use. */
  readonly present: number;
  /** Of these, those that take requests: averages are theirs. */
  readonly ready: number;
}

export interface ReplicaBounds {
  readonly min: number;
  readonly max: number;
  /** For how long a number that was wanted keeps it from falling. */
  readonly stabilizationMs: number;
}

export interface JudgedReading extends Reading {
  /** What the signal alone asks for; null: nothing, it is not known. */
  readonly wanted: number | null;
}

export interface Advice {
  /** min to max. */
  readonly wanted: number;
  /** The signal that asks for most; null: none is known. */
  readonly by: ScaleSignal | null;
  /** What the signals ask for; null: none is known. */
  readonly asked: number | null;
  /** Why `wanted` is not `asked`; null: it is. */
  readonly limitedBy: ScaleLimit | null;
  readonly readings: readonly JudgedReading[];
}

/** One pool's, or the gateways'. Time is an argument. */
export class ReplicaAdvisor {
  /** The latest last, and wanted ever less: an earlier number that is not higher never matters again. */
  readonly #past: { readonly atMs: number; readonly wanted: number }[] = [];

  advise(
    readings: readonly Reading[],
    { present, ready }: ReplicaCount,
    { min, max, stabilizationMs }: ReplicaBounds,
    nowMs: number,
  ): Advice {
    const judged = readings.map((reading) => ({ ...reading, wanted: wantedBy(reading, ready > 0 ? ready : present) }));
    const known = judged.filter((reading) => reading.wanted !== null);
    const highest = known.toSorted((one, other) => other.wanted! - one.wanted!)[0];
    const asked = highest?.wanted ?? null;
    // What is not known may ask for more: it never lets the number fall.
    const isPartial = known.length < judged.length;
    const raw = asked === null || (isPartial && asked < present) ? present : asked;
    const stable = this.#stabilized(raw, present, stabilizationMs, nowMs);
    const most = Math.max(GROWTH_FACTOR * present, GROWTH_MINIMUM);
    const grown = Math.min(stable, most);
    const wanted = Math.min(max, Math.max(min, grown));
    return {
      wanted,
      by: highest?.signal ?? null,
      asked,
      limitedBy: wanted === asked || asked === null ? null : limitOf({ wanted, grown, stable, raw, min, max }),
      readings: judged,
    };
  }

  /** The highest number of the last while. At first, what is there counts as wanted. */
  #stabilized(wanted: number, present: number, stabilizationMs: number, nowMs: number): number {
    const past = this.#past;
    if (stabilizationMs === 0) {
      past.length = 0;
      return wanted;
    }
    if (past.length === 0 && present > wanted) past.push({ atMs: nowMs, wanted: present });
    while (past.length > 0 && past.at(-1)!.wanted <= wanted) past.pop();
    past.push({ atMs: nowMs, wanted });
    while (past[0]!.atMs < nowMs - stabilizationMs) past.shift();
    return past[0]!.wanted;
  }
}

/** Null: not known. */
export function wantedBy({ value, target, isTotal }: Reading, replicas: number): number | null {
  if (value === null) return null;
  const total = isTotal ? value : value * replicas;
  if (replicas > 0 && Math.abs(total / (target * replicas) - 1) <= TOLERANCE + 1e-9) return replicas;
  // 3 × 0.1 / 0.1 is a little more than 3.
  return Math.max(0, Math.ceil(total / target - 1e-9));
}

interface Steps {
  readonly wanted: number;
  readonly grown: number;
  readonly stable: number;
  readonly raw: number;
  readonly min: number;
  readonly max: number;
}

function limitOf({ wanted, grown, stable, raw, min, max }: Steps): ScaleLimit {
  if (wanted === max && grown > max) return 'max';
  if (wanted === min && raw < min) return 'min';
  if (grown < stable) return 'growth';
  return stable > raw ? 'stabilization' : 'unknown';
}
