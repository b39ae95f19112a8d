/** The trace of a request, for lines of the log. */
import { isTraceparent, traceIdOf } from '../tracing/core/trace-context.ts';
import type { Exchange } from './exchange.ts';

/** The client's own, while tracing is off; undefined: it sent none. */
export function traceIdFor({ traceparent, response }: Pick<Exchange, 'traceparent' | 'response'>): string | undefined {
  if (traceparent !== null) return traceIdOf(traceparent);
  const given = response.req.headers['traceparent'];
  return isTraceparent(given) ? traceIdOf(given) : undefined;
}
