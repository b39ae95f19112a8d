/** What is allowed, but hardly ever meant: told by `check`, and in the log of a start or reload that takes it. */
import { type Cidr, isCovered, parseCidr } from '../http/ip-address.ts';
import type { Settings } from './settings.ts';

export interface Warning {
  /** Path of the key. */
  readonly key: string;
  readonly message: string;
}

/** All unicast of IPv4 (RFC 5771, RFC 6890), and all of IPv6 that is given out (RFC 4291, 2.4). */
const EVERYBODY = [['0.0.0.0/1', '128.0.0.0/2', '192.0.0.0/3'], ['2000::/3']].map((blocks) =>
  blocks.map((block) => parseCidr(block)!),
);

export function warningsOf({ server }: Settings): readonly Warning[] {
  const proxies = [
    [
      'server.trust_proxy',
      server.trustProxy,
      'anyone can claim any address and identity in X-Forwarded-* and the like',
    ],
    ['server.proxy_protocol_from', server.proxyProtocolFrom, 'anyone can claim any address in a PROXY protocol header'],
  ] as const;
  return proxies
    .filter(([, blocks]) => isEverybody(blocks))
    .map(([key, , risk]) => ({ key, message: `every address is a trusted proxy: ${risk}; name your proxies only` }));
}

function isEverybody(texts: readonly string[]): boolean {
  const blocks = texts.map(parseCidr).filter((block): block is Cidr => block !== undefined);
  return EVERYBODY.some((all) => all.every((part) => isCovered(part, blocks)));
}
