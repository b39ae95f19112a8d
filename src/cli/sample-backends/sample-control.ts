/**
 * `/_control` of a sample backend: read its behaviour, or change it while it runs, permanently or `for` a time.
 *
 * curl -X POST http://127.0.0.1:8081/_control -d '{"delay": "300ms", "error_rate": 0.5, "for": "10s"}'
 *
 * Only direct requests to the backend are control requests: one that comes through a gateway (X-Forwarded-For) is
 * ordinary.
 */
import type { IncomingMessage } from 'node:http';
import { formatDuration, parseDuration } from '../../config/schema/duration.ts';
import { didYouMean } from '../../config/schema/nearest.ts';
import type { Behaviour } from './behaviour.ts';

export const CONTROL_PATH = '/_control';
const MAX_BODY_BYTES = 4096;

export interface ControlChange {
  readonly behaviour: Partial<Behaviour>;
  /** After this time the change is reverted; null: it stays. Milliseconds. */
  readonly forMs: number | null;
}

const READERS = {
  delay: (value: unknown) => ({ delayMs: duration(value) }),
  jitter: (value: unknown) => ({ jitterMs: duration(value) }),
  error_rate: (value: unknown) => ({ errorRate: share(value) }),
  cut_rate: (value: unknown) => ({ cutRate: share(value) }),
  unhealthy: (value: unknown) => ({ unhealthy: flag(value) }),
  hang: (value: unknown) => ({ hang: flag(value) }),
  down: (value: unknown) => ({ down: flag(value) }),
} satisfies Record<string, (value: unknown) => Partial<Record<keyof Behaviour, unknown>>>;

const ALLOWED: Readonly<Record<keyof typeof READERS | 'for', string>> = {
  delay: 'a duration such as 250ms',
  jitter: 'a duration such as 250ms',
  error_rate: 'a share from 0 to 1',
  cut_rate: 'a share from 0 to 1',
  unhealthy: 'true or false',
  hang: 'true or false',
  down: 'true (with "for") or false',
  for: 'a duration above 0, at most 1h',
};

/** Sent directly, not through a gateway for one of its clients. */
export function isControl({ url, headers }: IncomingMessage): boolean {
  return url?.split('?')[0] === CONTROL_PATH && headers['x-forwarded-for'] === undefined;
}

/** The requested change, or what is wrong with it, a sentence for each mistake. */
export function readControl(text: string): ControlChange | { readonly mistakes: readonly string[] } {
  const body = parse(text);
  if (body === undefined) return { mistakes: ['the body is not a JSON object'] };
  const mistakes: string[] = [];
  const behaviour: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(body)) {
    if (!Object.hasOwn(ALLOWED, key)) mistakes.push(`unknown key "${key}"${didYouMean(key, Object.keys(ALLOWED))}`);
    else if (key !== 'for') {
      const read = READERS[key as keyof typeof READERS](value);
      if (Object.values(read)[0] === undefined) mistakes.push(invalidValue(key, value));
      Object.assign(behaviour, read);
    }
  }
  const forMs = body['for'] === undefined ? null : (duration(body['for']) ?? 0);
  if (forMs !== null && (forMs <= 0 || forMs > 3_600_000)) mistakes.push(invalidValue('for', body['for']));
  // Nobody could reach this address any more to revert it.
  if (body['down'] === true && forMs === null)
    mistakes.push('"down" needs "for": a backend that is down takes no commands');
  return mistakes.length > 0 ? { mistakes } : { behaviour: behaviour as Partial<Behaviour>, forMs };
}

/** As worded in the request. */
export function controlView(behaviour: Behaviour): Record<string, unknown> {
  const { delayMs, jitterMs, errorRate, cutRate, unhealthy, hang, down } = behaviour;
  const times = { delay: formatDuration(delayMs), jitter: formatDuration(jitterMs) };
  return { ...times, error_rate: errorRate, cut_rate: cutRate, unhealthy, hang, down };
}

/** The text of the body; undefined if it is longer than any change can be. */
export async function readBody(request: IncomingMessage): Promise<string | undefined> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) {
    text += chunk as string;
    if (text.length > MAX_BODY_BYTES) return undefined;
  }
  return text;
}

function invalidValue(key: string, value: unknown): string {
  return `${key}: found ${JSON.stringify(value)}, allowed is ${ALLOWED[key as keyof typeof ALLOWED]}`;
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

const duration = (value: unknown): number | undefined => (typeof value === 'string' ? parseDuration(value) : undefined);
const share = (value: unknown): number | undefined =>
  typeof value === 'number' && value >= 0 && value <= 1 ? value : undefined;
const flag = (value: unknown): boolean | undefined => (typeof value === 'boolean' ? value : undefined);
