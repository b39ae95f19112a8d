/** Runs profiles one after the other against one gateway. */
import { runBurst } from './burst.ts';
import { breaker, failover } from './fault-profiles.ts';
import type { LoadTarget, Operator, Profile, ProfileResult, LoadOptions } from './profile.ts';
import { basic, distribution, limit, stress } from './profiles.ts';

/** In the order of `all`: the gentle ones first, those that break something last. */
export const PROFILES = { basic, stress, limit, distribution, failover, breaker } as const satisfies Record<
  string,
  Profile
>;
export type ProfileName = keyof typeof PROFILES;

export interface LoadRun {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly profiles: readonly ProfileName[];
  readonly options: LoadOptions;
  readonly operator: Operator | string;
  /** Ends the run: it rejects, after undoing its changes. */
  readonly signal: AbortSignal;
  /** Different from that of any other run. */
  readonly runId: string;
  /** Called with each answer. */
  readonly onAnswer?: (profile: string, status: number, ms: number, backend: string | null) => void;
  readonly onBurst?: (
    profile: string,
    expected: { readonly requests?: number; readonly durationMs?: number } | null,
  ) => void;
  readonly onResult?: (result: ProfileResult) => void;
}

/** A client that only the gateway's global limit can stop. */
const PLENTY = { capacity: 1e8, ratePerSecond: 1e6 };

export async function runLoad(run: LoadRun): Promise<readonly ProfileResult[]> {
  const operator = typeof run.operator === 'string' ? null : run.operator;
  const clientId = `sluice-load-${run.runId}`;
  const isOurClient =
    operator !== null && !Object.keys(run.headers).some((name) => /^x-(client-id|api-key)$/i.test(name));
  const own = isOurClient ? { 'x-client-id': clientId } : {};
  const target: LoadTarget = {
    url: run.url,
    options: run.options,
    operator,
    operatorProblem: typeof run.operator === 'string' ? run.operator : '',
    clientId,
    signal: run.signal,
    burst: async (named, { headers = {}, onAnswer, signal = run.signal, ...options }) => {
      run.signal.throwIfAborted();
      run.onBurst?.(named, options);
      try {
        const burst = await runBurst({
          ...options,
          signal: AbortSignal.any([signal, run.signal]),
          url: run.url,
          headers: { ...run.headers, ...own, ...headers },
          onAnswer: (status, ms, backend) => {
            onAnswer?.(status, ms, backend);
            run.onAnswer?.(named, status, ms, backend);
          },
        });
        run.signal.throwIfAborted();
        return burst;
      } finally {
        run.onBurst?.(named, null);
      }
    },
  };
  if (isOurClient) await operator.createClient(clientId, PLENTY.capacity, PLENTY.ratePerSecond);
  const results: ProfileResult[] = [];
  try {
    for (const name of run.profiles) {
      const result = await PROFILES[name](target);
      run.onResult?.(result);
      results.push(result);
    }
  } finally {
    if (isOurClient) await operator.deleteClient(clientId);
  }
  return results;
}
