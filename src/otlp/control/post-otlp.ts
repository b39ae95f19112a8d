/** One request to a collector. Source: https://opentelemetry.io/docs/specs/otlp/#otlphttp */
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

export type PostResult =
  /** @param rejected as many items of it were not accepted */
  | { readonly kind: 'done'; readonly rejected: number; readonly message: string }
  /** @param afterMs what the collector asked for; null: nothing */
  | { readonly kind: 'retry'; readonly reason: string; readonly afterMs: number | null }
  /** The same again would be refused again. */
  | { readonly kind: 'refused'; readonly reason: string };

export interface OtlpTarget {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Of everything: connection, request and answer. */
const TIMEOUT_MS = 10_000;
/** Of an answer that is read. */
const MAX_BYTES = 65_536;
const RETRIED: ReadonlySet<number> = new Set([429, 502, 503, 504]);

const compress = promisify(gzip);

/**
 * Never rejects.
 *
 * @param body JSON
 * @param signal ends it
 * @param timeoutMs Default: 10 s
 */
export async function postOtlp(
  { url, headers }: OtlpTarget,
  body: Buffer,
  signal: AbortSignal,
  timeoutMs: number = TIMEOUT_MS,
): Promise<PostResult> {
  try {
    const answer = await fetch(url, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json', 'content-encoding': 'gzip' },
      // The fastest: telemetry is repetitive.
      body: await compress(body, { level: 1 }),
      // A redirect could lead anywhere.
      redirect: 'manual',
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    });
    if (answer.ok) return { kind: 'done', ...rejectedIn(await textOf(answer)) };
    void answer.body?.cancel();
    const reason = `it answered ${answer.status}`;
    if (!RETRIED.has(answer.status)) return { kind: 'refused', reason };
    return { kind: 'retry', reason, afterMs: retryAfterMs(answer.headers.get('retry-after'), Date.now()) };
  } catch (error) {
    return { kind: 'retry', reason: reasonOf(error), afterMs: null };
  }
}

/** A number of seconds or a date (RFC 9110, 10.2.3); null: neither. @param nowMs since the epoch */
export function retryAfterMs(value: string | null, nowMs: number): number | null {
  if (value === null) return null;
  if (/^[0-9]{1,9}$/.test(value)) return Number(value) * 1000;
  const atMs = value.endsWith(' GMT') ? Date.parse(value) : NaN;
  return Number.isNaN(atMs) ? null : Math.max(0, atMs - nowMs);
}

/** Of the answer's `partialSuccess`, whatever the signal. An answer that is no JSON says nothing. */
function rejectedIn(text: string): { rejected: number; message: string } {
  try {
    const { partialSuccess = {} } = JSON.parse(text) as { partialSuccess?: Readonly<Record<string, unknown>> };
    const { rejectedSpans, rejectedDataPoints, rejectedLogRecords, errorMessage } = partialSuccess;
    // A 64-bit number is a text in JSON of protobuf.
    const rejected = Number(rejectedSpans ?? rejectedDataPoints ?? rejectedLogRecords ?? 0);
    const message = typeof errorMessage === 'string' ? errorMessage : '';
    return { rejected: Number.isSafeInteger(rejected) && rejected > 0 ? rejected : 0, message: message.slice(0, 500) };
  } catch {
    return { rejected: 0, message: '' };
  }
}

/** Its beginning, if it is long. */
async function textOf(answer: Response): Promise<string> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of answer.body ?? []) {
    bytes += piece.length;
    // Leaving the loop cancels the rest.
    if (bytes > MAX_BYTES) break;
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString('utf8');
}

/** fetch hides its reason in the cause. */
function reasonOf(error: unknown): string {
  const { name, message, cause } = error as Error;
  if (name === 'TimeoutError') return 'no answer in time';
  const { code, message: inner } = (cause ?? {}) as { code?: string; message?: string };
  return message === 'fetch failed' ? (code ?? inner ?? message) : message;
}
