/** Where a request of the plain port is redirected to. */

export interface RedirectPorts {
  /** Of the configuration. */
  readonly wanted: 'auto' | number;
  /** Where the request arrived; undefined: its connection is gone. */
  readonly plain: number | undefined;
  readonly tls: number;
}

const HTTP_PORT = 80;
const HTTPS_PORT = 443;

/**
 * Null: nowhere, because the host has no certificate. Only names that do are ever repeated to the client.
 *
 * The port that clients use for TLS is not known: a balancer or a container may map it, mostly from 443. But if they use the
 * number of our own plain port, nothing does, and that of TLS is ours, too.
 *
 * @param host the Host field, validated
 * @param target path and query
 */
export function secureLocation(
  host: string | undefined,
  target: string,
  { wanted, plain, tls }: RedirectPorts,
  isServed: (name: string) => boolean,
): string | null {
  const named = /:(\d*)$/.exec(host ?? '');
  const name = named === null ? host : host!.slice(0, named.index);
  if (name === undefined || name === '' || !isServed(name.replace(/^\[(.*)\]$/, '$1'))) return null;
  const usedPort = Number(named?.[1] || HTTP_PORT);
  const autoPort = usedPort === plain ? tls : HTTPS_PORT;
  const port = wanted === 'auto' ? autoPort : wanted;
  return `https://${name}${port === HTTPS_PORT ? '' : `:${port}`}${target}`;
}
