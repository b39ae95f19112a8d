/** A message without its secrets: their names stay, their values become {@link MASKED}. */
import { MASKED, type RecordedFields } from './recording-vocabulary.ts';
import type { SecretNames } from './secret-names.ts';

/** Their values are URLs. */
const URL_FIELDS: ReadonlySet<string> = new Set(['referer', 'location', 'content-location', 'link', 'refresh']);
const CREDENTIALS = /(?<=\/\/)[^/\s@]*@/g;
/** What may follow a URL in a field. */
const QUERY = /(?<=\?)[^\s#<>"]+/g;

/** @param raw name and value alternating */
export function maskFields(raw: readonly string[], secrets: SecretNames): RecordedFields {
  const fields: (readonly [string, string])[] = [];
  for (let at = 0; at < raw.length; at += 2) {
    const [name, value] = [raw[at]!, raw[at + 1]!];
    fields.push([name, secrets.has(name) ? MASKED : visible(name, value, secrets)]);
  }
  return fields;
}

function visible(name: string, value: string, secrets: SecretNames): string {
  return URL_FIELDS.has(name.toLowerCase()) ? maskUrls(value, secrets) : value;
}

function maskUrls(text: string, secrets: SecretNames): string {
  return text.replaceAll(CREDENTIALS, `${MASKED}@`).replaceAll(QUERY, (query) => maskParameters(query, secrets));
}

/** @param target path and query */
export function maskTarget(target: string, secrets: SecretNames): string {
  const at = target.indexOf('?');
  return at === -1 ? target : target.slice(0, at + 1) + maskParameters(target.slice(at + 1), secrets);
}

/** A query, or a body of `application/x-www-form-urlencoded`. */
export function maskParameters(text: string, secrets: SecretNames): string {
  return text
    .split('&')
    .map((part) => {
      const at = part.indexOf('=');
      return at !== -1 && secrets.has(decoded(part.slice(0, at))) ? `${part.slice(0, at)}=${MASKED}` : part;
    })
    .join('&');
}

/** Undefined: it is not JSON. Without secrets, the text itself; otherwise numbers keep their digits. */
export function maskJson(text: string, secrets: SecretNames): string | undefined {
  let isMasked = false;
  try {
    const value = parseWithSource(text, (name, inner, source) => {
      if (secrets.hidesField(name, inner)) {
        isMasked = true;
        return MASKED;
      }
      return typeof inner === 'number' ? rawNumber(source) : inner;
    });
    return isMasked ? JSON.stringify(value) : text;
  } catch {
    return undefined;
  }
}

// ECMAScript's JSON.parse source text access; TypeScript does not know it yet.
const parseWithSource = (text: string, revive: (name: string, value: unknown, source: string) => unknown): unknown =>
  JSON.parse(text, function (name: string, value: unknown, { source = '' }: { source?: string } = {}) {
    return revive(name, value, source);
  } as (name: string, value: unknown) => unknown);
const { rawJSON: rawNumber } = JSON as unknown as { rawJSON: (text: string) => unknown };

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
}
