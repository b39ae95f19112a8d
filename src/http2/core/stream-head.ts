/**
 * The fields of a stream's head as a request (RFC 9113, section 8.3): pseudo-fields become method, target and Host, and
 * what HTTP/1.1 would read differently is refused. nghttp2 has refused most of it before; a gateway that writes these
 * fields into HTTP/1.1 does not rely on that.
 */

export interface StreamHead {
  readonly method: string;
  /** Path and query, or `*`; of CONNECT, the authority. */
  readonly target: string;
  /** Name and value alternating, without pseudo-fields; Host comes first. */
  readonly fields: string[];
  /** Its size as HTTP/1.1 would send it. */
  readonly bytes: number;
  /** What is wrong with it; null: nothing. */
  readonly fault: string | null;
}

/** RFC 9110, 9.1: any token. Longer ones do not exist. */
const METHOD = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}$/;
/** origin-form: neither spaces nor controls. */
const PATH = /^\/[\x21-\x7e\x80-\xff]*$/;
const NAME = /^[!#$%&'*+.^_`|~0-9a-z-]+$/;
// oxlint-disable-next-line no-control-regex
const FORBIDDEN = /[\0-\x08\x0a-\x1f\x7f]/;
/** The parts of a request line and a field line that are not in the text. */
const LINE_BYTES = ' '.length + ' HTTP/1.1\r\n'.length;
const FIELD_BYTES = ': \r\n'.length;

/**
 * @param raw name and value alternating, latin1, as received
 * @param isEnd no body follows
 */
export function streamHead(raw: readonly string[], isEnd: boolean): StreamHead {
  let method = '';
  let path = '';
  let scheme = '';
  let authority: string | undefined;
  let host: string | undefined;
  let length: string | undefined;
  let cookieAt = -1;
  let fault: string | null = null;
  let bytes = 0;
  const fields: string[] = [];
  for (let at = 0; at < raw.length; at += 2) {
    const name = raw[at]!;
    const value = raw[at + 1]!;
    if (FORBIDDEN.test(value)) fault ??= `The field ${printable(name)} has a control character`;
    switch (name) {
      case ':method':
        method = value;
        continue;
      case ':path':
        path = value;
        continue;
      case ':scheme':
        scheme = value;
        continue;
      case ':authority':
        authority = value;
        continue;
      case 'host':
        if (host !== undefined) fault ??= 'More than one Host field';
        host = value;
        continue;
      case 'cookie':
        // RFC 9113, 8.2.3: its pairs may come in several fields.
        if (cookieAt === -1) cookieAt = fields.length + 1;
        else {
          fields[cookieAt] += `; ${value}`;
          bytes += '; '.length + value.length;
          continue;
        }
        break;
      case 'content-length':
        if (length !== undefined) fault ??= 'More than one Content-Length';
        length = value;
        break;
      case 'connection':
      case 'keep-alive':
      case 'proxy-connection':
      case 'transfer-encoding':
      case 'upgrade':
        fault ??= `HTTP/2 has no field ${name}`;
        break;
      case 'te':
        if (value.toLowerCase() !== 'trailers') fault ??= 'In HTTP/2, the only value of TE is trailers';
        break;
      default:
        if (!NAME.test(name)) fault ??= 'A field name is malformed';
    }
    fields.push(name, value);
    bytes += name.length + value.length + FIELD_BYTES;
  }
  if (authority !== undefined && host !== undefined && authority !== host) {
    fault ??= ':authority and the Host field differ';
  }
  const named = authority ?? host;
  if (named !== undefined) {
    fields.unshift('host', named);
    bytes += 'host'.length + named.length + FIELD_BYTES;
  }
  const isConnect = method === 'CONNECT';
  fault ??= lengthFault(length, isEnd);
  if (!METHOD.test(method)) fault ??= ':method is malformed';
  if (!isConnect) {
    if (scheme !== 'http' && scheme !== 'https') fault ??= ':scheme is malformed';
    if (!PATH.test(path) && !(path === '*' && method === 'OPTIONS')) fault ??= ':path is malformed';
  }
  const target = isConnect ? (authority ?? '') : path;
  return { method, target, fields, bytes: bytes + method.length + target.length + LINE_BYTES, fault };
}

/** What follows a head that promises a body must not be taken for one by a backend. */
function lengthFault(length: string | undefined, isEnd: boolean): string | null {
  if (length === undefined) return null;
  if (!/^[0-9]+$/.test(length)) return 'Content-Length is not a number';
  return isEnd && Number(length) !== 0 ? 'Content-Length announces a body, and none follows' : null;
}

function printable(name: string): string {
  return name.replace(/[^\x21-\x7e]/g, '?').slice(0, 64);
}
