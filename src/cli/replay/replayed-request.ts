/** A recorded request as it is sent again; or why it is not. */
import { isSafe } from '../../http/safe-methods.ts';
import { MASKED, type RecordedRequest } from '../../recording/core/recording-vocabulary.ts';

export interface ReplayedRequest {
  readonly method: string;
  readonly target: string;
  /** Name and value alternating, with Host. */
  readonly headers: readonly string[];
  readonly body: Buffer | null;
  /** A part of it was secret, and is not what the client had sent. */
  readonly isMasked: boolean;
}

export type Skipped = 'unsafe' | 'no body' | 'aborted';

export interface ReplayRules {
  readonly unsafe: boolean;
  /** Instead of the recorded ones of the same name. */
  readonly fields: readonly (readonly [name: string, value: string])[];
  /** Host; null: the recorded one. */
  readonly host: string | null;
}

/** They belong to a connection, or follow from what is sent. */
const OWN_FIELDS: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'http2-settings',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

export function replayedRequest(recorded: RecordedRequest, rules: ReplayRules): ReplayedRequest | Skipped {
  const { method, target, headers, body, host } = recorded;
  if (recorded.aborted === true || recorded.status === 0) return 'aborted';
  if (!rules.unsafe && !isSafe(method)) return 'unsafe';
  const text = body !== undefined && 'text' in body ? body.text : null;
  if (text === null && hadBody(recorded)) return 'no body';
  const given = new Set(rules.fields.map(([name]) => name.toLowerCase()));
  const kept = headers.filter(([name, value]) => {
    const low = name.toLowerCase();
    // Recorded bodies are decoded.
    return value !== MASKED && !OWN_FIELDS.has(low) && low !== 'content-encoding' && !given.has(low);
  });
  const isMasked =
    target.includes(`=${MASKED}`) ||
    text?.includes(MASKED) === true ||
    headers.some(([name, value]) => value === MASKED && !given.has(name.toLowerCase()));
  return {
    method,
    target,
    headers: [['host', rules.host ?? host] as const, ...kept, ...rules.fields].flat(),
    body: text === null ? null : Buffer.from(text),
    isMasked,
  };
}

function hadBody({ body, headers }: RecordedRequest): boolean {
  if (body !== undefined) return true;
  return headers.some(([name, value]) => {
    const low = name.toLowerCase();
    return low === 'transfer-encoding' || (low === 'content-length' && value.trim() !== '0');
  });
}
