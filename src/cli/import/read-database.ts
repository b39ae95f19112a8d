/** The old balancers' PostgreSQL, as one URL. */
import type { DraftFile } from './draft-file.ts';
import { plainKey, plainText } from './plain-key.ts';

const PARTS: Readonly<Record<string, string>> = {
  host: 'host',
  hostname: 'host',
  port: 'port',
  user: 'user',
  username: 'user',
  password: 'password',
  pass: 'password',
  passwd: 'password',
  pwd: 'password',
  name: 'name',
  db: 'name',
  dbname: 'name',
  db_name: 'name',
  database: 'name',
  database_name: 'name',
  sslmode: 'sslmode',
  ssl_mode: 'sslmode',
};

interface Gathered {
  readonly parts: Map<string, string>;
  /** Settings of another kind of database. */
  foreign?: { readonly key: string; readonly name: unknown };
}
const GATHERED = new WeakMap<DraftFile, Gathered>();

export function readDatabase(draft: DraftFile, key: string, value: unknown): void {
  const word = plainKey(key.split('.').at(-1)!);
  const part = PARTS[word];
  const gathered = GATHERED.get(draft) ?? { parts: new Map<string, string>() };
  GATHERED.set(draft, gathered);
  if (/url|dsn|connection_string/.test(word)) {
    if (/^postgres(ql)?:\/\//.test(plainText(value))) {
      draft.set('database.url', value, key);
      draft.warn(key, 'is written into the file as it is; better leave it out there and set DATABASE_URL');
    } else draft.warn(key, 'omitted: give DATABASE_URL as postgres://user:password@host:5432/name');
  } else if (/^(?:type|driver|engine|dialect|adapter)$/.test(word)) {
    if (!/postgres|^pgx|^pq$|^pgsql$/i.test(plainText(value))) gathered.foreign = { key, name: value };
  } else if (part === undefined) draft.warn(key, 'omitted: it has no meaning here');
  else gathered.parts.set(part, plainText(value));
}

export function settleDatabase(draft: DraftFile): void {
  const { parts = new Map<string, string>(), foreign } = GATHERED.get(draft) ?? {};
  if (foreign !== undefined) {
    // A URL built from these would be a PostgreSQL one, at another server's address.
    if (!parts.get('host')) return draft.warn(foreign.key, 'omitted: the embedded database is used here');
    const name = JSON.stringify(foreign.name);
    return draft.drop(foreign.key, `${name} is not PostgreSQL, the only server that can store clients here`);
  }
  if (parts.size === 0) return;
  if (!parts.get('host')) return draft.warn('database', 'omitted: it names no host');
  draft.set('database.url', urlOf(parts), 'database');
  draft.warn(
    'database',
    'has become one URL, password included; better leave it out there and set DATABASE_URL. Clients are not carried over',
  );
}

/** Not by `URL`, which throws: our own reader refuses an invalid one. */
function urlOf(parts: ReadonlyMap<string, string>): string {
  const encoded = (part: string): string => encodeURIComponent((parts.get(part) ?? '').toWellFormed());
  const host = parts.get('host')!;
  const port = parts.get('port') || '5432';
  const isFolder = host.startsWith('/');
  const query = [
    ...(isFolder ? [`host=${encoded('host')}`, `port=${encodeURIComponent(port)}`] : []),
    ...(parts.get('sslmode') ? [`sslmode=${encoded('sslmode')}`] : []),
  ].join('&');
  const password = parts.get('password') ? `:${encoded('password')}` : '';
  const userInfo = parts.get('user') || password ? `${encoded('user')}${password}@` : '';
  const name = encoded('name') || 'postgres';
  return `postgres://${userInfo}${isFolder ? '' : authority(host, port)}/${name}${query === '' ? '' : `?${query}`}`;
}

function authority(host: string, port: string): string {
  if (/^[^:]+:\d+$|^\[.*\]:\d+$/.test(host)) return host;
  return `${/^[^[].*:/.test(host) || host.startsWith('::') ? `[${host}]` : host}:${port}`;
}
