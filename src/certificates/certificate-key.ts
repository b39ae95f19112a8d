import { createHash } from 'node:crypto';

/** The same for the same hosts, on every gateway: `a.example.com-1f0e8a92`. Fits into a URL. @param hosts canonical */
export function certificateKey(hosts: readonly string[]): string {
  const digest = createHash('sha256').update(hosts.toSorted().join()).digest('hex').slice(0, 8);
  return `${hosts[0]!.replaceAll(/[^a-z0-9.-]/g, '_')}-${digest}`;
}
