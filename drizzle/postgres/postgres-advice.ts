/** What an operator can do about a PostgreSQL server that does not serve: by the code of the failure. */

import { inspect } from 'node:util';
import { UNTRUSTED_AUTHORITY_CODES } from '../../src/net/core/net-vocabulary.ts';

/** SQLSTATEs (PostgreSQL manual, appendix A), codes of Node's sockets and TLS, and those of postgres-dial.ts. */
const ADVICE: Readonly<Record<string, string>> = {
  '08P01': 'if you use a pooler, remove `options` from database.url',
  '25006': 'it is a standby: name all hosts in database.url, with target_session_attrs=read-write',
  '28000': 'pg_hba.conf does not let this user in from here with this sslmode',
  '28P01': 'check the user and the password in database.url',
  '3D000': 'create the database, or correct its name in database.url',
  '42501': 'grant the user CREATE on the database, or own its schema: database.schema',
  '53300': 'raise max_connections of the server or put a pooler in front: a gateway keeps up to 6 connections',
  '57P03': 'wait until it has started',
  CERT_HAS_EXPIRED: 'renew the certificate of the server',
  CONNECT_TIMEOUT: 'check host, port and firewalls',
  EACCES: 'the user of the gateway may not open this socket',
  EAI_AGAIN: 'check the name of the host, and the DNS server',
  ECONNREFUSED: 'check that the server runs, and host and port in database.url',
  ECONNRESET: 'check that PostgreSQL listens on this port',
  EHOSTUNREACH: 'check host, port and firewalls',
  EMFILE: 'the gateway has no file descriptor left: raise its limit (ulimit -n, LimitNOFILE)',
  ENETUNREACH: 'check host, port and firewalls',
  ENFILE: 'the machine has no file descriptor left: raise fs.file-max',
  ENOENT: 'check that the server runs, and the folder of its socket in database.url',
  ENOTFOUND: 'check the name of the host in database.url',
  ERR_TLS_CERT_ALTNAME_INVALID: 'use a host name that the certificate has, or sslmode=verify-ca',
  ETIMEDOUT: 'check host, port and firewalls',
  NOT_WRITABLE: 'name all hosts in database.url, or promote this one',
  TLS_REFUSED: 'turn TLS on at the server, or choose another sslmode',
  ...Object.fromEntries(
    UNTRUSTED_AUTHORITY_CODES.map((code) => [code, 'name the file of its authority with sslrootcert']),
  ),
};

/** One line: what went wrong, and, if known, what to do. */
export function explainFailure(error: unknown): string {
  const code = codeOf(error);
  const advice = code !== undefined && Object.hasOwn(ADVICE, code) ? ADVICE[code] : undefined;
  const what = messageOf(error) || code || 'it does not answer';
  return (advice === undefined ? what : `${what}; ${advice}`).replaceAll(/\s*\n\s*/g, ' ');
}

/** Node reports the failures of a name's several addresses together, without a message. */
function messageOf(error: unknown): string {
  if (error instanceof AggregateError) return [...new Set(error.errors.map(messageOf))].join(', ');
  if (error instanceof Error) return error.message;
  return typeof error === 'string' ? error : inspect(error);
}

function codeOf(error: unknown): string | undefined {
  if (error instanceof AggregateError && error.errors.length > 0) return codeOf(error.errors[0]);
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : undefined;
}
