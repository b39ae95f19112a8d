/**
 * The path of a request target: split from the query, checked, and the forms of it that are routed.
 *
 * A path goes to the backend byte for byte. But a backend may resolve `..`, `%2e%2e`, `//` or `%2f` where the gateway
 * did not, take `;x` off a segment as servlet containers do, or end a segment at a control character as C programs do,
 * and so serve what another route guards. The router therefore matches all forms and refuses a path of which one leads
 * to another route (ADR 0006; RFC 3986, 6.2.2 and 3.3).
 */
import { escapeHighBytes } from '../http/high-bytes.ts';

/** Nearly every path has none of these, and is its own canonical form. */
const ODD = /[%\\\x80-\xff]|\/[/.]/;
/** NUL ends a text for whoever keeps it as C does; nginx refuses it, too. */
const NUL = /%00/;
/** More bytes than the character needs, which is no UTF-8 (RFC 3629, 3): `%c0%ae` is a dot to whoever takes it all the same. */
const OVERLONG = /[\xc0\xc1][\x80-\xbf]|\xe0[\x80-\x9f][\x80-\xbf]|\xf0[\x80-\x8f][\x80-\xbf]{2}/;
/** What {@link barePath} looks for. */
const HAS_REST = /;|%(?:3b|3f|23|[01][0-9a-f]|7f)/i;
/** From here on a segment may be ignored: parameters (also encoded), and what follows a control character. */
const REST_OF_SEGMENT = /(?:;|%(?:3B|[01][0-9A-F]|7F))[^/]*/g;
/** From here on the whole path may be ignored, by whoever decodes it before it is split: `?` and `#`. */
const REST_OF_PATH = /%(?:3F|23)[^]*$/;

/** Undefined when an escape is malformed, or stands for what is no text: NUL, UTF-8 that is longer than it need be. */
export function canonicalPath(path: string): string | undefined {
  if (!ODD.test(path)) return path;
  if (/%(?![0-9a-fA-F]{2})/.test(path) || NUL.test(path) || OVERLONG.test(highBytes(path))) return undefined;
  // The parameters of a dot segment, which some backends take off before they resolve it.
  return resolved(decoded(path).replace(/(?<=\/\.{1,2})(?:;|%3B)[^/]*/g, ''));
}

/**
 * The path as it is when every segment has lost its parameters, and all else that some backends ignore.
 *
 * @param canonical what {@link canonicalPath} makes of it; @returns that one when there is nothing to take off.
 */
export function barePath(path: string, canonical: string): string {
  if (!HAS_REST.test(path)) return canonical;
  return resolved(decoded(path).replace(REST_OF_PATH, '').replace(REST_OF_SEGMENT, ''));
}

/**
 * Escapes that stand for themselves decoded, slashes and backslashes among them; the others in capitals. Bytes above
 * 0x7f as escapes: backends take both for the same.
 */
function decoded(path: string): string {
  const written = path.replace(/%([0-9a-fA-F]{2})/g, (escape, hex: string) => {
    const character = String.fromCharCode(Number.parseInt(hex, 16));
    return /[A-Za-z0-9\-._~/\\]/.test(character) ? character : escape.toUpperCase();
  });
  return escapeHighBytes(written, '%').replaceAll('\\', '/');
}

function resolved(path: string): string {
  const segments: string[] = [];
  for (const segment of path.split('/')) {
    if (segment === '..') segments.pop();
    else if (segment !== '' && segment !== '.') segments.push(segment);
  }
  return `/${segments.join('/')}${segments.length > 0 && /\/\.{0,2}$/.test(path) ? '/' : ''}`;
}

/** Bytes above 0x7f, escaped or not, as they are; one character each. */
function highBytes(path: string): string {
  return path.replace(/%([89a-fA-F][0-9a-fA-F])/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

/**
 * The target as the backend gets it: the route's prefix taken off, the backend's base path in front; else byte for
 * byte. A slash is added only where nothing would be left of the path: the prefix alone becomes the base path alone, as
 * in nginx's `proxy_pass` and Envoy's `prefix_rewrite`.
 *
 * @param prefix the path prefix to take off; empty: none. @param basePath without its last slash; may be empty.
 */
export function forwardTarget(target: string, prefix: string, basePath: string): string {
  if (prefix.length < 2) return basePath === '' ? target : basePath + target;
  const rest = target.slice(prefix.endsWith('/') ? prefix.length - 1 : prefix.length);
  return rest.startsWith('/') || basePath !== '' ? basePath + rest : `/${rest}`;
}

/**
 * Does the path still lead to the same place when the backend resolves it after the prefix was taken off and the base
 * path put in front? `/api/x/../../api/y` would leave `/api`, and `/../x` the base path.
 *
 * @param canonical what {@link canonicalPath} makes of `path`. @param bare what {@link barePath} makes of it.
 */
export function staysInside(path: string, canonical: string, bare: string, prefix: string, basePath: string): boolean {
  const sent = forwardTarget(path, prefix, basePath);
  const resolvedThere = canonicalPath(sent);
  if (resolvedThere === undefined) return false;
  return (
    resolvedThere === canonicalPath(forwardTarget(canonical, prefix, basePath)) &&
    barePath(sent, resolvedThere) === canonicalPath(forwardTarget(bare, prefix, basePath))
  );
}

/** Where the query begins, or the length of the target. */
export function pathEnd(target: string): number {
  const query = target.indexOf('?');
  return query === -1 ? target.length : query;
}
