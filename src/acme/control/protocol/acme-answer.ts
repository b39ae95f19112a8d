/** Answers of an ACME server: whether they are good, and what is in them. */
import type { AcmeAnswer, AcmeHttp } from './acme-http.ts';
import { AcmeProblem } from './acme-problem.ts';

export interface AcmeDirectory {
  readonly newNonce: string;
  readonly newAccount: string;
  readonly newOrder: string;
  /** Null: the server does not change keys of accounts. */
  readonly keyChange: string | null;
  /** RFC 9773; null: the server does not have it. */
  readonly renewalInfo: string | null;
  readonly isBindingRequired: boolean;
  /** Names of its certificate profiles; null: it has none. */
  readonly profiles: readonly string[] | null;
}

/** RFC 8555, 7.1.1. */
export async function readDirectory(url: string, http: AcmeHttp, wallMs: () => number): Promise<AcmeDirectory> {
  const found = parseObject(checkAnswer(await http('GET', url, null), wallMs()));
  const required = (name: string): string => {
    const value = found[name];
    if (typeof value !== 'string') throw new Error(`no ACME directory at ${url}: ${name} is missing`);
    return value;
  };
  const meta = objectOf(found['meta']);
  return {
    newNonce: required('newNonce'),
    newAccount: required('newAccount'),
    newOrder: required('newOrder'),
    keyChange: typeof found['keyChange'] === 'string' ? found['keyChange'] : null,
    renewalInfo: typeof found['renewalInfo'] === 'string' ? found['renewalInfo'] : null,
    isBindingRequired: meta['externalAccountRequired'] === true,
    profiles: meta['profiles'] === undefined ? null : Object.keys(objectOf(meta['profiles'])),
  };
}

/** Throws AcmeProblem if the server refuses. */
export function checkAnswer(answer: AcmeAnswer, nowMs: number): AcmeAnswer {
  const { body, status } = answer;
  if (status >= 200 && status < 300) return answer;
  throw new AcmeProblem(tryParse(body), { status, retryAfterMs: retryAfterMs(answer, nowMs) });
}

/** As the server asks for; null: it does not. */
export function retryAfterMs({ headers }: AcmeAnswer, nowMs: number): number | null {
  const text = headers['retry-after'];
  if (text === undefined) return null;
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - nowMs;
  return Number.isFinite(ms) ? Math.max(0, ms) : null;
}

/** Throws Error if it is none. */
export function parseObject({ body }: AcmeAnswer): Readonly<Record<string, unknown>> {
  const value = tryParse(body);
  if (typeof value !== 'object' || value === null) throw new Error('the ACME server sent no JSON object');
  return value as Record<string, unknown>;
}

export function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function tryParse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}
