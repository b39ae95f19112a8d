/** Where a request of the plain port is redirected to. */

/**
 * Null: nowhere, because the host has no certificate. Only names that do are ever repeated to the client.
 *
 * @param host the Host field, validated
 * @param target path and query
 */
export function secureLocation(
  host: string | undefined,
  target: string,
  port: number,
  isServed: (name: string) => boolean,
): string | null {
  const name = host?.replace(/:\d*$/, '');
  if (name === undefined || name === '' || !isServed(name.replace(/^\[(.*)\]$/, '$1'))) return null;
  return `https://${name}${port === 443 ? '' : `:${port}`}${target}`;
}
