/** The old balancers' PostgreSQL, as one URL. */
import type { DraftFile } from './draft-file.ts';
import { plainText } from './plain-key.ts';

const PARTS: Readonly<Record<string, string>> = {
  host: 'host',
  port: 'port',
  user: 'user',
  username: 'user',
  password: 'password',
  pass: 'password',
  name: 'name',
  dbname: 'name',
  db_name: 'name',
  database: 'name',
  sslmode: 'sslmode',
  ssl_mode: 'sslmode',
};

const GATHERED = new WeakMap<DraftFile, Map<string, string>>();

export function readDatabase(draft: DraftFile, key: string, value: unknown): void {
  const word = key.split('.').at(-1)!.toLowerCase();
  const part = PARTS[word];
  if (/url|dsn|connection_string/.test(word)) {
    if (/^postgres(ql)?:\/\//.test(plainText(value))) {
      draft.set('database.url', value, key);
      draft.warn(key, 'is written into the file as it is; better leave it out there and set DATABASE_URL');
    } else draft.warn(key, 'left out: give DATABASE_URL as postgres://user:password@host:5432/name');
  } else if (part === undefined) {
    const isOurs = /^(type|driver)$/.test(word) && /postgres|pgx|pq/.test(plainText(value));
    if (!isOurs) draft.warn(key, 'left out: it has no meaning here');
  } else {
    const parts = GATHERED.get(draft) ?? new Map<string, string>();
    GATHERED.set(draft, parts.set(part, plainText(value)));
  }
}

export function settleDatabase(draft: DraftFile): void {
  const parts = GATHERED.get(draft);
  if (parts === undefined) return;
  const host = parts.get('host');
  if (host === undefined) return draft.warn('database', 'left out: it names no host');
  const url = new URL(
    `postgres://${host}:${parts.get('port') ?? '5432'}/${encodeURIComponent(parts.get('name') ?? 'postgres')}`,
  );
  url.username = encodeURIComponent(parts.get('user') ?? '');
  url.password = encodeURIComponent(parts.get('password') ?? '');
  const sslmode = parts.get('sslmode');
  if (sslmode !== undefined) url.searchParams.set('sslmode', sslmode);
  draft.set('database.url', url.href, 'database');
  draft.warn(
    'database',
    'has become one URL, password included; better leave it out there and set DATABASE_URL. Clients are not carried over',
  );
}
