/**
 * Parses a postgres:// URL as libpq does (PostgreSQL manual, 34.1.1.2 "Connection URIs" and 34.1.2 "Parameter Key
 * Words"). A parameter is either obeyed or refused by name: none is ignored.
 */
import { SESSION_TARGETS, SSL_MODES, type SslMode, TLS_VERSIONS, type TlsVersion } from './core/net-vocabulary.ts';

/** One of the hosts of a URL. */
export interface PostgresHost {
  /** Name or address that the certificate must contain; for a socket, its folder. */
  readonly name: string;
  /** The address to connect to: `hostaddr` if given, else the name. Null: the unix socket in the folder `name`. */
  readonly address: string | null;
  /** 1..65535; for a socket, the end of its file's name. */
  readonly port: number;
}

export interface PostgresTls {
  /** Default prefer, as in libpq. */
  readonly mode: SslMode;
  /** File of the trusted certificates; null: those that Node trusts. */
  readonly rootCert: string | null;
  readonly cert: string | null;
  readonly key: string | null;
  readonly keyPassword: string | null;
  /** File of revoked certificates. */
  readonly crl: string | null;
  /** Sends the server name in the handshake. Default true; never for an address. */
  readonly sni: boolean;
  /** Starts with the TLS handshake, without asking first: PostgreSQL 17 and later. */
  readonly isDirect: boolean;
  readonly minVersion: TlsVersion | null;
  readonly maxVersion: TlsVersion | null;
}

export interface PostgresServer {
  /** At least one; tried in this order. */
  readonly hosts: readonly PostgresHost[];
  /** Null: as libpq finds it (environment, user of the process). */
  readonly user: string | null;
  readonly password: string | null;
  readonly database: string | null;
  readonly tls: PostgresTls;
  /** For each host, ms. Default 5 s. */
  readonly connectTimeoutMs: number;
  /** Idle time before the first keep-alive packet, ms; 0: none are sent. Default 30 s. */
  readonly keepAliveMs: number;
  readonly sessionTarget: (typeof SESSION_TARGETS)[number];
  readonly applicationName: string;
  /** Command-line options for the server's session, such as `-c work_mem=8MB`. */
  readonly options: string | null;
}

/** Why a URL is refused. Repeats only the names of its parameters: it may contain a password. */
export interface RefusedUrl {
  readonly problem: string;
}

/** Parameters that are accepted with these values only, because they demand nothing special from the gateway. */
const FIXED: Readonly<Record<string, { readonly allowed: readonly string[]; readonly why: string }>> = {
  channel_binding: {
    allowed: ['disable', 'prefer'],
    why: 'channel binding is not supported; sslmode=verify-full proves who the server is',
  },
  client_encoding: { allowed: ['auto', 'utf8', 'UTF8', 'UTF-8', 'utf-8'], why: 'the gateway speaks UTF-8' },
  gssencmode: { allowed: ['disable', 'prefer'], why: 'GSSAPI is not supported' },
  load_balance_hosts: { allowed: ['disable'], why: 'hosts are tried in their order' },
  replication: { allowed: ['false', 'off', 'no', '0'], why: 'the gateway needs an ordinary connection' },
  sslcertmode: { allowed: ['allow'], why: 'the certificate in sslcert is sent when the server asks for one' },
  sslcompression: { allowed: ['0'], why: 'TLS compression is not supported' },
};

/** Known to libpq, but not supported. */
const UNSUPPORTED: Readonly<Record<string, string>> = {
  gssdelegation: 'GSSAPI is not supported',
  gsslib: 'GSSAPI is not supported',
  keepalives_count: 'Node cannot set it; a query without an answer is abandoned after 5 s anyway',
  keepalives_interval: 'Node cannot set it; a query without an answer is abandoned after 5 s anyway',
  krbsrvname: 'GSSAPI is not supported',
  max_protocol_version: 'the gateway speaks protocol version 3.0',
  min_protocol_version: 'the gateway speaks protocol version 3.0',
  passfile: 'give the password in the URL or in PGPASSWORD',
  require_auth: 'use sslmode=verify-full to be sure of the server',
  requirepeer: 'the owner of a unix socket is not checked',
  requiressl: 'use sslmode=require',
  service: 'give the settings in the URL',
  servicefile: 'give the settings in the URL',
  sslcrldir: 'name one file with sslcrl',
  sslkeylogfile: 'the secrets of connections are not written to files',
  tcp_user_timeout: 'Node cannot set it; a query without an answer is abandoned after 5 s anyway',
};

const TAKEN = [
  'application_name',
  'connect_timeout',
  'dbname',
  'fallback_application_name',
  'host',
  'hostaddr',
  'keepalives',
  'keepalives_idle',
  'options',
  'password',
  'port',
  'ssl',
  'ssl_max_protocol_version',
  'ssl_min_protocol_version',
  'sslcert',
  'sslcrl',
  'sslkey',
  'sslmode',
  'sslnegotiation',
  'sslpassword',
  'sslrootcert',
  'sslsni',
  'target_session_attrs',
  'user',
];

const DEFAULT_PORT = 5432;
const SHAPE = 'it must have the form postgres://USER:PASSWORD@HOST:PORT/DATABASE';
const ENCODE = 'write @ : / ? # % and spaces in a user or password as %40 %3A %2F %3F %23 %25 %20';
/** Longest path of a unix socket, bytes (Linux: sun_path). */
const MAX_SOCKET_PATH = 107;

class Refusal extends Error {}

/** Never throws. */
export function parsePostgresUrl(url: string): PostgresServer | RefusedUrl {
  try {
    return parse(url);
  } catch (error) {
    if (error instanceof Refusal) return { problem: error.message };
    throw error;
  }
}

/** Path of a socket in `folder`, as PostgreSQL names it. */
export function socketPath({ name, port }: PostgresHost): string {
  return `${name}/.s.PGSQL.${port}`;
}

function parse(url: string): PostgresServer {
  const scheme = /^postgres(?:ql)?:\/\//.exec(url)?.[0];
  if (scheme === undefined) throw new Refusal(SHAPE);
  if (/[\s\p{Cc}]/u.test(url)) throw new Refusal(`a space or control character is in it; ${ENCODE}`);
  const [, userInfo, authority = '', path, query] = PARTS.exec(url.slice(scheme.length))!;
  const [user, password] = splitOnce(userInfo ?? '', ':');
  const parameters = parseParameters(query ?? '');
  const given = (name: string, inUrl: string | undefined): string | null =>
    parameters.get(name) ?? (inUrl === undefined || inUrl === '' ? null : decode(inUrl));
  return {
    hosts: parseHosts(authority, parameters),
    user: given('user', user),
    password: given('password', password),
    database: given('dbname', path),
    tls: parseTls(parameters),
    connectTimeoutMs: 1000 * whole(parameters, 'connect_timeout', [1, 300], 5, 'seconds'),
    keepAliveMs:
      whole(parameters, 'keepalives', [0, 1], 1) *
      1000 *
      whole(parameters, 'keepalives_idle', [1, 86_400], 30, 'seconds'),
    sessionTarget: oneOf(parameters, 'target_session_attrs', SESSION_TARGETS, 'any', 'the gateway writes'),
    applicationName: parameters.get('application_name') ?? parameters.get('fallback_application_name') ?? 'sluice',
    options: parameters.get('options') ?? null,
  };
}

/** User info, hosts, database, parameters. The first @ before a slash ends the user info, as in libpq. */
const PARTS = /^(?:([^@/]*)@)?([^/?]*)(?:\/([^?]*))?(?:\?(.*))?$/s;

function parseParameters(query: string): ReadonlyMap<string, string> {
  const parameters = new Map<string, string>();
  for (const part of query === '' ? [] : query.split('&')) {
    const [name, value] = splitOnce(part, '=');
    const known = decode(name);
    const refusal = refuseParameter(known, value === undefined ? undefined : decode(value));
    if (refusal !== undefined) throw new Refusal(refusal);
    // The later one counts, as in libpq.
    parameters.set(known, decode(value!));
  }
  return parameters;
}

function refuseParameter(name: string, value: string | undefined): string | undefined {
  const unsupported = Object.hasOwn(UNSUPPORTED, name) ? UNSUPPORTED[name] : undefined;
  if (unsupported !== undefined) return `the parameter ${name} is not supported: ${unsupported}`;
  const fixed = Object.hasOwn(FIXED, name) ? FIXED[name] : undefined;
  if (fixed === undefined && !TAKEN.includes(name)) {
    // Text that is not a word may be part of a password.
    const shown = /^[a-z_]{1,40}$/i.test(name) ? `the parameter ${name} is unknown` : 'a parameter is unknown';
    return `${shown}; known are ${TAKEN.join(', ')}`;
  }
  if (value === undefined) return `the parameter ${name} has no value`;
  if (fixed !== undefined && !fixed.allowed.includes(value)) {
    return `the parameter ${name} can only be ${fixed.allowed.join(' or ')}: ${fixed.why}`;
  }
  return undefined;
}

function parseHosts(authority: string, parameters: ReadonlyMap<string, string>): readonly PostgresHost[] {
  const inUrl = authority === '' ? [] : authority.split(',').map(parseHostAndPort);
  const names = parameters.get('host')?.split(',') ?? inUrl.map(({ name }) => name);
  const addresses = parameters.get('hostaddr')?.split(',') ?? [];
  const ports = parameters.get('port')?.split(',').map(parsePort) ?? inUrl.map(({ port }) => port);
  const count = Math.max(names.length, addresses.length);
  if (count === 0 || (addresses.length === 0 && names.includes('')))
    throw new Refusal(`it has no host; ${SHAPE}, or give the folder of a unix socket as ?host=/var/run/postgresql`);
  if (addresses.length > 0 && names.length > 0 && addresses.length !== names.length)
    throw new Refusal('the parameters host and hostaddr must have the same number of entries');
  if (ports.length > 1 && ports.length !== count)
    throw new Refusal('the parameter port must have one entry, or one for each host');
  return Array.from({ length: count }, (_, at) => {
    const address = addresses[at] || names[at]!;
    const port = (ports.length === 1 ? ports[0] : ports[at]) ?? DEFAULT_PORT;
    return toHost(names[at] || address, address, port);
  });
}

function toHost(name: string, address: string, port: number): PostgresHost {
  if (!address.startsWith('/')) {
    // Not among RFC 3986's characters of a host: most likely the rest of a password.
    if (/[^\p{L}\p{N}_.:%-]/u.test(address)) throw new Refusal(`a host contains an invalid character; ${ENCODE}`);
    return { name, address, port };
  }
  const host = { name, address: null, port };
  if (new TextEncoder().encode(socketPath(host)).length > MAX_SOCKET_PATH)
    throw new Refusal(`the path of the unix socket is longer than ${MAX_SOCKET_PATH} bytes`);
  return host;
}

function parseHostAndPort(text: string): { readonly name: string; readonly port: number | null } {
  const [, bracketed, plain = '', port] = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::(.*))?$/s.exec(text) ?? [];
  if (bracketed === undefined && !/^[^:[\]]*(?::|$)/.test(text))
    throw new Refusal(`a host is not valid; write an IPv6 address in brackets: [::1]; ${ENCODE}`);
  if (bracketed !== undefined && !/^[0-9a-f:.]+(?:%[\w.-]+)?$/i.test(bracketed))
    throw new Refusal('the text in brackets is not an IPv6 address');
  return { name: bracketed ?? decode(plain), port: port === undefined || port === '' ? null : parsePort(port) };
}

function parsePort(text: string): number | null {
  if (text === '') return null;
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port < 1 || port > 65_535) throw new Refusal(`a port is not a number from 1 to 65535; ${ENCODE}`);
  return port;
}

function parseTls(parameters: ReadonlyMap<string, string>): PostgresTls {
  const rootCert = parameters.get('sslrootcert') ?? null;
  const mode = parseSslMode(parameters, rootCert === 'system');
  const isChecked = mode === 'require' || mode === 'verify-ca' || mode === 'verify-full';
  if (rootCert === 'system' && mode !== 'verify-full')
    throw new Refusal('the parameter sslrootcert=system needs sslmode=verify-full');
  if (rootCert !== null && !isChecked)
    throw new Refusal(
      'the parameter sslrootcert needs sslmode=verify-full, verify-ca or require: others check nothing',
    );
  if (rootCert === null && mode === 'verify-ca')
    throw new Refusal(
      'the parameter sslmode=verify-ca needs sslrootcert: without it, any certificate would be accepted',
    );
  const cert = parameters.get('sslcert') ?? null;
  const key = parameters.get('sslkey') ?? null;
  if ((cert === null) !== (key === null)) throw new Refusal('the parameters sslcert and sslkey are given together');
  const isDirect = oneOf(parameters, 'sslnegotiation', ['postgres', 'direct'], 'postgres') === 'direct';
  if (isDirect && !isChecked)
    throw new Refusal('the parameter sslnegotiation=direct needs sslmode=require, verify-ca or verify-full');
  return {
    mode,
    rootCert: rootCert === 'system' ? null : rootCert,
    cert,
    key,
    keyPassword: parameters.get('sslpassword') ?? null,
    crl: parameters.get('sslcrl') ?? null,
    sni: whole(parameters, 'sslsni', [0, 1], 1) === 1,
    isDirect,
    minVersion: oneOf(parameters, 'ssl_min_protocol_version', TLS_VERSIONS, null),
    maxVersion: oneOf(parameters, 'ssl_max_protocol_version', TLS_VERSIONS, null),
  };
}

function parseSslMode(parameters: ReadonlyMap<string, string>, isSystem: boolean): SslMode {
  const mode = oneOf(parameters, 'sslmode', SSL_MODES, null);
  // For JDBC's URLs; libpq reads it the same way.
  const isRequired = oneOf(parameters, 'ssl', ['true'], null, 'use sslmode') !== null;
  if (mode !== null && isRequired) throw new Refusal('the parameters ssl and sslmode exclude each other');
  return mode ?? (isSystem ? 'verify-full' : isRequired ? 'require' : 'prefer');
}

function oneOf<T extends string, D extends T | null>(
  parameters: ReadonlyMap<string, string>,
  name: string,
  allowed: readonly T[],
  fallback: D,
  why?: string,
): T | D {
  const value = parameters.get(name);
  if (value === undefined) return fallback;
  const found = allowed.find((each) => each === value);
  if (found !== undefined) return found;
  throw new Refusal(`the parameter ${name} can only be ${allowed.join(', ')}${why === undefined ? '' : `: ${why}`}`);
}

function whole(
  parameters: ReadonlyMap<string, string>,
  name: string,
  [min, max]: readonly [number, number],
  fallback: number,
  unit = '',
): number {
  const value = parameters.get(name);
  if (value === undefined) return fallback;
  const number = /^\d{1,9}$/.test(value) ? Number(value) : Number.NaN;
  if (number >= min && number <= max) return number;
  throw new Refusal(
    `the parameter ${name} must be a whole number from ${min} to ${max}${unit === '' ? '' : `, ${unit}`}`,
  );
}

function splitOnce(text: string, separator: string): [string, string | undefined] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

function decode(text: string): string {
  let decoded: string;
  try {
    decoded = decodeURIComponent(text);
  } catch {
    throw new Refusal(`a % is not followed by two hex digits of UTF-8 text; ${ENCODE}`);
  }
  if (decoded.includes('\0')) throw new Refusal('%00 is not allowed');
  return decoded;
}
