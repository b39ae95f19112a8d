/**
 * The path of a request target: split from the query, checked, and its canonical form for routing.
 *
 * A path goes to the backend byte for byte. But a backend may resolve `..`, `%2e%2e`, `//` or `%2f` where the gateway
 * did not, and so serve what another route guards; servlet containers also take `..;x` for `..`. The router therefore
 * matches both forms and refuses a path whose two forms lead to different routes (RFC 3986, 6.2.2).
 */

/** Undefined when a percent sign is not followed by two hex digits. */
export function canonicalPath(path: string): string | undefined {
  // Nearly every path: nothing in it could be resolved in another way.
  if (!/%|\/\/|\/\.|\\/.test(path)) return path;
  if (/%(?![0-9a-fA-F]{2})/.test(path)) return undefined;
  const decoded = path
    .replace(/%([0-9a-fA-F]{2})/g, (escape, hex: string) => {
      const character = String.fromCharCode(Number.parseInt(hex, 16));
      return /[A-Za-z0-9\-._~/\\]/.test(character) ? character : escape.toUpperCase();
    })
    .replaceAll('\\', '/');
  // The parameters of a dot segment, which some backends take off before they resolve it.
  const resolvable = decoded.replace(/(?<=\/\.{1,2})(?:;|%3B)[^/]*/g, '');
  const segments: string[] = [];
  for (const segment of resolvable.split('/')) {
    if (segment === '..') segments.pop();
    else if (segment !== '' && segment !== '.') segments.push(segment);
  }
  return `/${segments.join('/')}${segments.length > 0 && /\/\.{0,2}$/.test(resolvable) ? '/' : ''}`;
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
 * @param canonical what {@link canonicalPath} makes of `path`.
 */
export function staysInside(path: string, canonical: string, prefix: string, basePath: string): boolean {
  return (
    canonicalPath(forwardTarget(path, prefix, basePath)) === canonicalPath(forwardTarget(canonical, prefix, basePath))
  );
}

/** Where the query begins, or the length of the target. */
export function pathEnd(target: string): number {
  const query = target.indexOf('?');
  return query === -1 ? target.length : query;
}
