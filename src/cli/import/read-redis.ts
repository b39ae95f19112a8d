/** The Redis that an old balancer kept its limits in, as one URL. */
import type { DraftFile } from './draft-file.ts';
import { plainKey, plainText } from './plain-key.ts';

const PARTS: Readonly<Record<string, string>> = {
  address: 'address',
  addr: 'address',
  host: 'address',
  port: 'port',
  username: 'username',
  user: 'username',
  password: 'password',
  db: 'db',
  database: 'db',
  url: 'url',
};

interface Gathered {
  readonly parts: Map<string, string>;
  /** Those with a part. */
  readonly keys: string[];
  /** Of the kind of limit, if that is Redis. */
  typeKey?: string;
}
const GATHERED = new WeakMap<DraftFile, Gathered>();

function gathered(draft: DraftFile): Gathered {
  const known = GATHERED.get(draft) ?? { parts: new Map<string, string>(), keys: [] };
  GATHERED.set(draft, known);
  return known;
}

/** The limits were shared. */
export function useRedis(draft: DraftFile, key: string): void {
  gathered(draft).typeKey = key;
}

export function readRedis(draft: DraftFile, key: string, value: unknown): void {
  const word = plainKey(key.split('.').at(-1)!);
  const part = PARTS[word];
  const { parts, keys } = gathered(draft);
  if (/pool|conn|idle/.test(word)) draft.warn(key, 'omitted: each traffic thread has one connection');
  else if (part === undefined) draft.warn(key, 'omitted: it has no meaning here');
  else {
    parts.set(part, plainText(value));
    keys.push(key);
  }
}

export function settleRedis(draft: DraftFile): void {
  const { parts, keys, typeKey } = gathered(draft);
  if (typeKey === undefined) {
    for (const key of keys) draft.warn(key, 'omitted: the limits do not use it; redis.url would share them');
    return;
  }
  const key = keys[0] ?? typeKey;
  const url = parts.get('url') || urlOf(parts);
  if (url === undefined) return draft.warn(typeKey, 'omitted: it names no address; give redis.url');
  draft.set('redis.url', url, key);
  if (parts.get('password') || parts.has('url'))
    draft.warn(key, 'has become redis.url, password included; better write ${REDIS_PASSWORD} there');
}

function urlOf(parts: ReadonlyMap<string, string>): string | undefined {
  const address = parts.get('address');
  if (!address) return undefined;
  const port = parts.get('port');
  const host = port === undefined || /:\d+$/.test(address) ? address : `${address}:${port}`;
  const encoded = (part: string): string => encodeURIComponent((parts.get(part) ?? '').toWellFormed());
  const userInfo = parts.get('password') ? `${encoded('username')}:${encoded('password')}@` : '';
  const db = parts.get('db') ?? '0';
  return `redis://${userInfo}${host}${db === '0' || db === '' ? '' : `/${encodeURIComponent(db)}`}`;
}
