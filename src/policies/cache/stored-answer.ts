/** From a stored answer to the one that a client gets: all of it, a part, or that it has not changed. */
import type { ClientRequest } from '../../http/client-side.ts';
import { parseHttpDate } from '../../http/http-date.ts';
import type { CacheEntry } from './cache-entry.ts';
import { byteRange } from './core/byte-range.ts';
import { isSameStrong, isTagIn } from './core/entity-tags.ts';

/** Ready to be sent, but for what the gateway adds to every answer. */
export interface StoredAnswer {
  readonly status: number;
  readonly reason: string;
  /** Name and value alternating; the sender's from now on. */
  readonly fields: string[];
  /** Null: none. Not to be changed. */
  readonly body: Buffer | null;
}

/** Not repeated in a 304: the client has them (RFC 9110, 15.4.5). */
const OF_CONTENT = /^content-(?!location$)/i;

/** @param age seconds. @param nowS seconds since 1970. @param cacheStatus value of Cache-Status (RFC 9211) */
export function storedAnswer(
  { head, body }: CacheEntry,
  request: ClientRequest,
  { age, nowS, cacheStatus }: { readonly age: number; readonly nowS: number; readonly cacheStatus: string },
): StoredAnswer {
  const { status, reason, fields } = head;
  const own = ['age', String(Math.floor(age)), 'cache-status', cacheStatus];
  if (status === 200 && isKnown(head, request, nowS)) {
    const kept = fields.filter((_, at) => !OF_CONTENT.test(fields[at - (at % 2)]!));
    return { status: 304, reason: 'Not Modified', fields: [...kept, ...own], body: null };
  }
  const isHead = request.method === 'HEAD';
  const { range } = request.headers;
  if (range !== undefined && status === 200 && !isHead && isRangeMeant(head, request)) {
    const found = byteRange(range, body.length);
    if (found === 'unsatisfiable') {
      const told = ['content-range', `bytes */${body.length}`, 'content-length', '0'];
      return { status: 416, reason: 'Range Not Satisfiable', fields: [...told, ...own], body: null };
    }
    if (found !== undefined) {
      const { from, to } = found;
      const told = ['content-range', `bytes ${from}-${to}/${body.length}`, 'content-length', String(to - from + 1)];
      const part = body.subarray(from, to + 1);
      return { status: 206, reason: 'Partial Content', fields: [...fields, ...told, ...own], body: part };
    }
  }
  const length = status === 204 ? [] : ['content-length', String(body.length)];
  return { status, reason, fields: [...fields, ...length, ...own], body: isHead || status === 204 ? null : body };
}

type Validators = Pick<CacheEntry['head'], 'etag' | 'lastModified'>;

/** RFC 9110, 13.2.2. */
function isKnown({ etag, lastModified }: Validators, { headers }: ClientRequest, nowS: number): boolean {
  const tags = headers['if-none-match'];
  if (tags !== undefined) return tags.trim() === '*' || (etag !== null && isTagIn(tags, etag));
  const since = headers['if-modified-since'];
  if (since === undefined || lastModified === null) return false;
  return parseHttpDate(lastModified, nowS) <= parseHttpDate(since, nowS);
}

/** RFC 9110, 13.1.5. */
function isRangeMeant({ etag, lastModified }: Validators, { headers }: ClientRequest): boolean {
  const condition = headers['if-range'];
  if (condition === undefined) return true;
  return condition.includes('"') ? etag !== null && isSameStrong(condition, etag) : condition === lastModified;
}
