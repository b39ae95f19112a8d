/** Hosts of automatic certificates that a public authority never issues for: each order fails, again and again. */
import { PUBLIC_AUTHORITIES } from '../../acme/core/acme-vocabulary.ts';
import { contains, parseAddress, parseCidr } from '../../net/ip-address.ts';
import type { TlsSettings } from '../settings.ts';
import type { Warning } from '../file/problem.ts';

/** RFC 6761, RFC 6762, and ICANN's reservation of `internal`. */
const PRIVATE_DOMAINS = ['localhost', 'local', 'internal', 'test', 'example', 'invalid'];

/** RFC 1918, 6598, 1122 (3.2.1.3), 3927, 4291 (2.5), 4193. */
const PRIVATE_ADDRESSES = [
  ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10'],
  ['127.0.0.0/8', '169.254.0.0/16', '::1', 'fe80::/10', 'fc00::/7'],
]
  .flat()
  .map((block) => parseCidr(block)!);

export function acmeWarnings(tls: Pick<TlsSettings, 'acme' | 'certificates'> | null): readonly Warning[] {
  return (tls?.certificates ?? []).flatMap(({ acme, hosts }, at) => {
    const directory = acme === null ? undefined : tls!.acme[acme]?.directory;
    if (directory === undefined || !isPublic(directory)) return [];
    return (hosts ?? []).flatMap((host, index) => {
      const kind = privateKind(host);
      if (kind === undefined) return [];
      const message = `"${host}" is not a public ${kind}, so ${acme} issues no certificate for it: use internal: true, or an authority of your own`;
      return [{ key: `tls.certificates.${at}.hosts.${index}`, message }];
    });
  });
}

function isPublic(directory: string): boolean {
  const host = URL.parse(directory)?.hostname ?? '';
  return PUBLIC_AUTHORITIES.some((domain) => host === domain || host.endsWith(`.${domain}`));
}

/** @param host canonical. `*.com` is not private: on demand, it is for any name below. */
function privateKind(host: string): 'name' | 'address' | undefined {
  const address = parseAddress(host);
  if (address !== undefined) return PRIVATE_ADDRESSES.some((block) => contains(block, address)) ? 'address' : undefined;
  const labels = host.split('.');
  return labels.length === 1 || PRIVATE_DOMAINS.includes(labels.at(-1)!) ? 'name' : undefined;
}
