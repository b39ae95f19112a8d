/** The parts of every profile of `sluice load`: one or more bursts, and checks of their results. */
import type { BackendView } from '../../backends/api/backend-view.ts';
import type { Burst, BurstOptions } from './burst.ts';
import type { Spread } from './statistics.ts';

export interface Check {
  /** As a claim: `every request is answered 2xx or 3xx`. */
  readonly claim: string;
  readonly found: string;
  readonly passed: boolean;
}

/** How a burst was distributed over backends. */
export interface Share extends Spread {
  readonly backends: Readonly<Record<string, number>>;
}

export const VERDICTS = ['passed', 'failed', 'skipped'] as const;
export type Verdict = (typeof VERDICTS)[number];

export interface ProfileResult {
  readonly profile: string;
  readonly verdict: Verdict;
  readonly checks: readonly Check[];
  /** An explanation of the figures, or why it was skipped. */
  readonly notes: readonly string[];
  /** Null when it was skipped. */
  readonly load: Burst | null;
  /** Null if no answer named its backend. */
  readonly share: Share | null;
}

/** The user's choices; the profile decides where a value is undefined. */
export interface LoadOptions {
  readonly connections: number | undefined;
  readonly durationMs: number | undefined;
  readonly requests: number | undefined;
  readonly rate: number | undefined;
}

/** The operator's side of the gateway under load. */
export interface Operator {
  backends(): Promise<readonly BackendView[]>;
  createClient(id: string, capacity: number, ratePerSecond: number): Promise<void>;
  deleteClient(id: string): Promise<void>;
  /** How a pool picks: `two-choices`. Null: not known. */
  algorithmOf(pool: string): Promise<string | null>;
}

export interface LoadTarget {
  readonly url: string;
  readonly options: LoadOptions;
  /** Null: the admin API cannot be reached; `operatorProblem` says why. */
  readonly operator: Operator | null;
  readonly operatorProblem: string;
  /** Aborted when the run should end: bursts stop at once and reject. */
  readonly signal: AbortSignal;
  /** A client id that no other run uses. */
  readonly clientId: string;
  /** With the headers for every request. `named` is shown by the progress bar. */
  burst(
    named: string,
    options: Omit<BurstOptions, 'url' | 'headers'> & { readonly headers?: Readonly<Record<string, string>> },
  ): Promise<Burst>;
}

export type Profile = (target: LoadTarget) => Promise<ProfileResult>;

export function judged(
  profile: string,
  checks: readonly Check[],
  rest: Pick<ProfileResult, 'notes' | 'load' | 'share'>,
): ProfileResult {
  return { profile, verdict: checks.every(({ passed }) => passed) ? 'passed' : 'failed', checks, ...rest };
}

export function skipped(profile: string, why: string): ProfileResult {
  return { profile, verdict: 'skipped', checks: [], notes: [why], load: null, share: null };
}

/** Answers with a status from `from` to below `to`. */
export function answered({ statuses }: Burst, from: number, to: number): number {
  return Object.entries(statuses).reduce(
    (sum, [status, count]) => (Number(status) >= from && Number(status) < to ? sum + count : sum),
    0,
  );
}

/** Every request was answered 200..399. */
export function checkSucceeded(load: Burst, notes: string[] = []): Check {
  const well = answered(load, 200, 400);
  const limited = load.statuses['429'] ?? 0;
  if (limited > 0)
    notes.push(`${limited} requests were refused by the rate limit (429): register the client, or raise its limit`);
  return {
    claim: 'every request is answered 2xx or 3xx',
    found: `${well} of ${load.requests}`,
    passed: load.requests > 0 && well === load.requests,
  };
}
