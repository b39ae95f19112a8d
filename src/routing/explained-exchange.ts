/** How a request was handled, as the field of its answer says it. */
import type { Exchange, Followed } from './exchange.ts';

/** Of the request, with a token; of the answer, with what it asked for. */
export const EXPLAIN_HEADER = 'x-sluice-explain';

interface Named {
  readonly name: string;
}

interface NamedPool {
  readonly settings: Named;
}

/** JSON, in ASCII. @param status of the answer */
export function explainedExchange(exchange: Exchange, { tries, nowMs }: Followed, status: number): string {
  const text = JSON.stringify({
    request_id: exchange.requestId,
    route: (exchange.route as Named | null)?.name ?? null,
    client: exchange.client === '' ? exchange.clientAddress : exchange.client,
    pool: (exchange.pool as NamedPool | null)?.settings.name ?? null,
    target: exchange.rewrittenTarget ?? exchange.target,
    tries: tries.map(({ backend, startMs, endMs, status: answered, error }) => ({
      backend,
      after_ms: round(startMs - exchange.startMs),
      took_ms: endMs === null ? null : round(endMs - startMs),
      status: answered === 0 ? null : answered,
      error,
    })),
    cache: exchange.cacheResult,
    would_refuse: exchange.wouldRefuse,
    error: exchange.error,
    status,
    head_ms: round(nowMs() - exchange.startMs),
  });
  return text.replace(/[^\x20-\x7e]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function round(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
