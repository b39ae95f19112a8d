/** What a dry run does with a request that it would have refused. */
import { type MetricsTable, THREAD_COUNTER } from '../runtime/metrics-table.ts';

export interface DryRunPorts {
  readonly metrics: MetricsTable;
  readonly thread: number;
  /** Called with what a dry run let pass. */
  readonly dryRuns: { add(limit: string, client: string, nowMs: number): void };
}

interface LimitedRequest {
  wouldRefuse: string | null;
  readonly client: string;
  readonly startMs: number;
}

/** @param policy the name of the limit, as in RateLimit-Policy */
export function wouldRefuse(exchange: LimitedRequest, policy: string, { metrics, thread, dryRuns }: DryRunPorts): void {
  exchange.wouldRefuse = policy;
  metrics.count(thread, THREAD_COUNTER.wouldRefuse);
  dryRuns.add(policy, exchange.client, exchange.startMs);
}
