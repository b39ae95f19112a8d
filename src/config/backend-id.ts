import { createHash } from 'node:crypto';

/**
 * Ids for the backends of a configuration that have none: pool, host, port and path, `default-127.0.0.1-8081`. Derived
 * from nothing else, so they survive a reload, a new order or a new weight. Where two would be the same, or the id is
 * already a configured one, six digits of the URL's hash are appended to each.
 */
export function makeBackendIds(
  backends: readonly { readonly pool: string; readonly url: string; readonly id: string | undefined }[],
): readonly string[] {
  const plain = backends.map(({ pool, url, id }) => id ?? readableId(pool, url));
  const times = Map.groupBy(plain, (id) => id);
  return backends.map(({ pool, url, id }, at) => {
    const readable = plain[at]!;
    if (id !== undefined || times.get(readable)!.length === 1) return readable;
    return `${readable}-${createHash('sha256').update(`${pool} ${url}`).digest('hex').slice(0, 6)}`;
  });
}

function readableId(pool: string, url: string): string {
  const { protocol, hostname, port, pathname } = new URL(url);
  const parts = [pool, hostname, port || (protocol === 'https:' ? '443' : '80'), ...pathname.split('/')];
  const clean = parts.map((part) => part.replaceAll(/[^A-Za-z0-9._]+/g, '-').replaceAll(/^-+|-+$/g, ''));
  return clean
    .filter((part) => part !== '')
    .join('-')
    .slice(0, 120);
}
