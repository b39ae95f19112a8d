/** What an ACME server refused (RFC 8555, 6.7), for operators on one line. */

const PREFIX = 'urn:ietf:params:acme:error:';
/** A server's text is shown to operators, and stored. */
const MAX_DETAIL = 500;

interface ProblemDocument {
  readonly type?: unknown;
  readonly detail?: unknown;
  readonly subproblems?: unknown;
}

interface ProblemContext {
  readonly status?: number;
  readonly retryAfterMs?: number | null;
  readonly about?: string;
}

export class AcmeProblem extends Error {
  /** Without its prefix: `rateLimited`; empty: the server gave none. */
  readonly type: string;
  /** 0: it is part of an order, an authorization or a challenge. */
  readonly status: number;
  /** As the server asks; null: it does not. */
  readonly retryAfterMs: number | null;

  /** @param about put before the text of the server, such as the host name */
  constructor(document: unknown, { status = 0, retryAfterMs = null, about = '' }: ProblemContext = {}) {
    const problem = (typeof document === 'object' && document !== null ? document : {}) as ProblemDocument;
    const type = typeof problem.type === 'string' ? problem.type.replace(PREFIX, '') : '';
    super((about === '' ? '' : `${about}: `) + explain(problem, type, status));
    this.name = 'AcmeProblem';
    this.type = type;
    this.status = status;
    this.retryAfterMs = retryAfterMs;
  }
}

function explain({ detail, subproblems }: ProblemDocument, type: string, status: number): string {
  const parts = Array.isArray(subproblems) ? subproblems.map(detailOf).filter((part) => part !== '') : [];
  const reasons = [typeof detail === 'string' ? detail : '', ...parts].filter((part) => part !== '').join('; ');
  const name = [type, status === 0 ? '' : String(status)].filter((part) => part !== '').join(', ');
  return `${oneLine(reasons || 'no reason given')}${name === '' ? '' : ` (${name})`}`;
}

function detailOf(problem: unknown): string {
  const detail = (problem as ProblemDocument | null)?.detail;
  return typeof detail === 'string' ? detail : '';
}

function oneLine(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}]+/gu, ' ').slice(0, MAX_DETAIL);
}
