import type { CallOutcome } from './circuit.ts';

/** How a call ended. */
export type Settled = { readonly value: unknown } | { readonly error: unknown };

/** Statuses with which a server, or something in front of it, says that it cannot answer: the gateway's rule. */
const UNABLE: ReadonlySet<unknown> = new Set([502, 503, 504]);

/**
 * An error is a failure, except an AbortError: the caller gave up. So is an answer with the status 502, 503 or 504, in
 * `status` as of fetch, or in `statusCode`. All else is a success: a 500 is often the fault of one request.
 */
export function outcomeOfCall(settled: Settled): CallOutcome {
  if ('error' in settled) return nameOf(settled.error) === 'AbortError' ? 'none' : 'failure';
  return UNABLE.has(statusOf(settled.value)) ? 'failure' : 'success';
}

/** Of an answer of fetch, undici or node:http; 0: it has none. */
export function statusOf(value: unknown): number {
  const { status, statusCode } = (value ?? {}) as { readonly status?: unknown; readonly statusCode?: unknown };
  const found = status ?? statusCode;
  return typeof found === 'number' ? found : 0;
}

function nameOf(error: unknown): unknown {
  return (error as { readonly name?: unknown } | null | undefined)?.name;
}
