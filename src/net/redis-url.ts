/**
 * URLs of one Redis server, as redis-cli and the client libraries write them: `redis://USER:PASSWORD@HOST:PORT/DB`,
 * `rediss://` with TLS (https://www.iana.org/assignments/uri-schemes/prov/redis, …/rediss), and `unix://` for a socket.
 */
import { MAX_DB } from './core/net-vocabulary.ts';

export const REDIS_PORT = 6379;
export const SENTINEL_PORT = 26_379;
/** Longest path of a unix socket, bytes (Linux: sun_path). */
const MAX_SOCKET_PATH = 107;

export interface RedisNode {
  /** A name or an address, without brackets. */
  readonly host: string;
  readonly port: number;
}

export interface RedisUrl {
  readonly isTls: boolean;
  /** Null: the unix socket `path`. */
  readonly host: string | null;
  readonly port: number;
  readonly path: string | null;
  readonly username: string | null;
  readonly password: string | null;
  readonly db: number;
}

/** Never repeats the URL: it may contain a password. Never throws. */
export function parseRedisUrl(text: string): RedisUrl | { readonly problem: string } {
  if (/[\s\p{Cc}]/u.test(text)) return { problem: `a space or control character is in it; ${ENCODE}` };
  const { scheme, rest = '' } = /^(?<scheme>[a-z]+):\/\/(?<rest>.*)$/i.exec(text)?.groups ?? {};
  switch (scheme?.toLowerCase()) {
    case 'redis':
      return parseServer(rest, false);
    case 'rediss':
      return parseServer(rest, true);
    case 'unix':
      return parseSocket(rest);
    default:
      return { problem: 'it must begin with redis://, rediss:// or unix://' };
  }
}

/** `host`, `host:port`, `[address]:port`; undefined: it is none of these. The host is not checked. */
export function parseRedisNode(text: string, defaultPort: number): RedisNode | undefined {
  const { address, name, port } =
    /^(?:\[(?<address>[^\]]+)\]|(?<name>[^:[\]]+))(?::(?<port>\d{1,5}))?$/.exec(text)?.groups ?? {};
  const host = address ?? name;
  const number = port === undefined ? defaultPort : Number(port);
  return host === undefined || number < 1 || number > 65_535 ? undefined : { host, port: number };
}

const ENCODE = 'write @ : / ? # % and spaces in a password as %40 %3A %2F %3F %23 %25 %20';

/** The last @ before the path ends the credentials, as passwords contain them unencoded sometimes. */
function parseServer(rest: string, isTls: boolean): RedisUrl | { readonly problem: string } {
  const {
    userInfo,
    authority = '',
    db = '',
  } = /^(?:(?<userInfo>[^/?#]*)@)?(?<authority>[^/?#@]*)(?:\/(?<db>[^/?#]*))?$/.exec(rest)?.groups ?? {};
  if (authority === '') return { problem: `it must have the form redis://USER:PASSWORD@HOST:PORT/DB; ${ENCODE}` };
  const node = parseRedisNode(authority, REDIS_PORT);
  if (node === undefined)
    return { problem: `its host must be HOST or HOST:PORT, with a port of 1 to 65535; ${ENCODE}` };
  const shared = parseShared(userInfo, db);
  return 'problem' in shared ? shared : { isTls, ...node, path: null, ...shared };
}

function parseSocket(rest: string): RedisUrl | { readonly problem: string } {
  const {
    userInfo,
    path,
    db = '',
  } = /^(?:(?<userInfo>[^/?#]*)@)?(?<path>\/[^?#]+)(?:\?db=(?<db>[^&#]*))?$/.exec(rest)?.groups ?? {};
  if (path === undefined) return { problem: 'a socket must have the form unix:///PATH or unix:///PATH?db=DB' };
  const decoded = decode(path);
  if (decoded === undefined || Buffer.byteLength(decoded) > MAX_SOCKET_PATH)
    return { problem: `the path of a socket has at most ${MAX_SOCKET_PATH} bytes` };
  const shared = parseShared(userInfo, db);
  return 'problem' in shared ? shared : { isTls: false, host: null, port: 0, path: decoded, ...shared };
}

function parseShared(
  userInfo: string | undefined,
  db: string,
): Pick<RedisUrl, 'username' | 'password' | 'db'> | { readonly problem: string } {
  if (!/^\d{0,5}$/.test(db) || Number(db) > MAX_DB) return { problem: `the database must be a number, 0 to ${MAX_DB}` };
  const { user = '', secret } = /^(?<user>[^:]*)(?::(?<secret>.*))?$/s.exec(userInfo ?? '')?.groups ?? {};
  const username = decode(user);
  const password = secret === undefined ? null : decode(secret);
  if (username === undefined || password === undefined) return { problem: ENCODE };
  if (username !== '' && password === null) return { problem: 'a user needs a password: USER:PASSWORD@' };
  return { username: username || null, password: password || null, db: Number(db) };
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
