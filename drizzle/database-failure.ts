/** The meaning of a failed query: one total function over the errors of drizzle, postgres.js, PostgreSQL and SQLite. */
import { GatewayError } from '../src/errors.ts';
import { sqliteCode, SQLITE, TAKEN } from './sqlite/sqlite-failure.ts';

/**
 * - `exists`: a unique key is taken.
 * - `busy`: the database answers, but not this query in time (timeout, deadlock); the next one may succeed.
 * - `away`: no connection, or a server that refuses to serve.
 * - `invalid`: a value that the database cannot hold, such as a NUL in a text: the caller's fault.
 * - `fault`: a bug of ours; not shown to callers.
 */
export type Failure = 'exists' | 'invalid' | 'busy' | 'away' | 'fault';

/** SQLSTATEs and their classes (first two characters): PostgreSQL manual, appendix A. The full code wins. */
const FAILURES: Readonly<Record<string, Failure>> = {
  '23505': 'exists', // unique_violation
  '25006': 'away', // read_only_sql_transaction: a standby
  '57014': 'busy', // query_canceled: statement_timeout
  '55P03': 'busy', // lock_not_available
  '22': 'invalid', // data exception
  '08': 'away', // connection exception
  '28': 'away', // invalid authorization
  '3D': 'away', // no such database
  '40': 'busy', // serialization failure, deadlock
  '53': 'away', // insufficient resources: too many connections, disk full
  '57': 'away', // operator intervention: shutting down, starting up
  '58': 'away', // system error
  XX: 'away', // internal error of the server
};

/** Primary result codes of SQLite; any other is a fault. */
const SQLITE_FAILURES: Readonly<Record<number, Failure>> = {
  [SQLITE.BUSY]: 'busy',
  [SQLITE.LOCKED]: 'busy',
  [SQLITE.NOMEM]: 'away',
  [SQLITE.READONLY]: 'away',
  [SQLITE.IOERR]: 'away',
  [SQLITE.CORRUPT]: 'away',
  [SQLITE.FULL]: 'away',
  [SQLITE.CANTOPEN]: 'away',
  [SQLITE.NOTADB]: 'away',
};

const SQLSTATE = /^[0-9A-Z]{5}$/;

/** The driver's own error: drizzle wraps it in one whose message holds the parameters, which must reach no log. */
export function driverError(error: unknown): unknown {
  const isWrapped = error instanceof Error && error.cause !== undefined && error.message.startsWith('Failed query');
  return isWrapped ? driverError(error.cause) : error;
}

export function classify(error: unknown): Failure {
  const cause = driverError(error);
  const result = sqliteCode(cause);
  if (result !== undefined) return TAKEN.has(result) ? 'exists' : (SQLITE_FAILURES[result & 0xff] ?? 'fault');
  const code = codeOf(cause);
  if (code === undefined) return 'fault';
  // Codes of node:net, node:tls and postgres.js are longer or shorter words: ECONNREFUSED, CONNECT_TIMEOUT, EPIPE.
  if (isDriverCode(code)) return 'away';
  return FAILURES[code] ?? FAILURES[code.slice(0, 2)] ?? 'fault';
}

/** The server answers, but is not the kind that the URL asks for: it has become a standby. */
export function isWrongServer(error: unknown): boolean {
  return codeOf(error) === 'NOT_WRITABLE';
}

/** The error a caller of the store sees. A fault is passed on unchanged: it becomes GW_INTERNAL at the edge. */
export function toGatewayError(error: unknown): unknown {
  if (error instanceof GatewayError) return error;
  const cause = driverError(error);
  switch (classify(cause)) {
    case 'exists':
      return new GatewayError('GW_CLIENT_EXISTS', { cause });
    case 'invalid':
      return new GatewayError('GW_VALIDATION', {
        message:
          'A value of the request cannot be stored: text must be Unicode without NUL, numbers within their range',
        cause,
      });
    case 'busy':
    case 'away':
      return new GatewayError('GW_DATABASE_UNAVAILABLE', { cause });
    case 'fault':
      return cause;
  }
}

function codeOf(error: unknown): string | undefined {
  if (error instanceof AggregateError && error.errors.length > 0) return codeOf(error.errors[0]);
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : undefined;
}

/** EPIPE has the form of an SQLSTATE; no SQLSTATE begins with E. Errors of Node and of the driver's own API are faults. */
function isDriverCode(code: string): boolean {
  if (/^(ERR_INVALID_|UNDEFINED_VALUE|MAX_PARAMETERS|UNSAFE_TRANSACTION|NOT_TAGGED_CALL)/.test(code)) return false;
  return !SQLSTATE.test(code) || code.startsWith('E');
}
