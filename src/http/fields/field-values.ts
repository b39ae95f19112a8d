/** Fields by name, as Node's IncomingMessage has them in `headers`. */
import { ownText } from '../../core/own-text.ts';

export type FieldValues = Record<string, string | undefined>;

/** The first of these counts; all others are joined (RFC 9110, 5.3). */
const SINGLE: ReadonlySet<string> = new Set([
  'age',
  'authorization',
  'content-length',
  'content-type',
  'etag',
  'expires',
  'from',
  'host',
  'if-modified-since',
  'if-unmodified-since',
  'last-modified',
  'location',
  'max-forwards',
  'proxy-authorization',
  'referer',
  'retry-after',
  'server',
  'user-agent',
]);

/** Names in their original case. Bounded: callers choose names. */
const lowered = new Map<string, string>();
const MAX_LOWERED = 2048;
const MAX_LOWERED_LENGTH = 64;

/** @param raw name and value alternating. */
export function fieldValues(raw: readonly string[]): FieldValues {
  const values: FieldValues = { __proto__: null } as unknown as FieldValues;
  for (let at = 0; at < raw.length; at += 2) {
    const name = lowered.get(raw[at]!) ?? lower(raw[at]!);
    const before = values[name];
    if (before === undefined) values[name] = raw[at + 1]!;
    else if (name === 'cookie') values[name] = `${before}; ${raw[at + 1]!}`;
    else if (!SINGLE.has(name)) values[name] = `${before}, ${raw[at + 1]!}`;
  }
  return values;
}

function lower(name: string): string {
  const low = name.toLowerCase();
  if (name.length > MAX_LOWERED_LENGTH) return low;
  if (lowered.size >= MAX_LOWERED) lowered.clear();
  lowered.set(ownText(name), ownText(low));
  return low;
}
