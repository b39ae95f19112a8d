/** One workload, measured, and the measurement against its target. */
import type { Lab } from './lab.ts';

export interface Effort {
  /** Quick: everything shorter, just to see that it works. */
  readonly isQuick: boolean;
  readonly rounds: number;
  readonly seconds: number;
}

export interface Finding {
  readonly work: string;
  /** What was measured, with its unit. */
  readonly measured: string;
  readonly target: string;
  readonly isMet: boolean;
}

export interface Scenario {
  /** For `--only`. */
  readonly name: string;
  run(lab: Lab, effort: Effort): Promise<Finding[]>;
}

/** A ratio that must be at most (or at least) the target. */
export function ratioFinding(work: string, to: string, ratio: number, target: number, isAtLeast = false): Finding {
  return {
    work,
    measured: `${ratio.toFixed(2)} × ${to}`,
    target: `${isAtLeast ? '≥' : '≤'} ${target} ×`,
    isMet: isAtLeast ? ratio >= target : ratio <= target,
  };
}

export function limitFinding(work: string, value: number, unit: string, limit: number, digits = 0): Finding {
  return { work, measured: `${value.toFixed(digits)} ${unit}`, target: `≤ ${limit} ${unit}`, isMet: value <= limit };
}
