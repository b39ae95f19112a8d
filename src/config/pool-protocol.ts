import { isH2cUrl } from '../net/backend-url.ts';
import type { UpstreamProtocol } from '../net/core/net-vocabulary.ts';

interface PoolInFile {
  readonly protocol?: UpstreamProtocol | undefined;
  readonly backends?: readonly ({ readonly url?: string | undefined } | undefined)[] | undefined;
}

/** A pool has one protocol: the configured one, else the one that its URLs name. */
export function poolProtocol({ protocol, backends = [] }: PoolInFile): UpstreamProtocol {
  if (protocol !== undefined) return protocol;
  return backends.some((backend) => backend?.url !== undefined && isH2cUrl(backend.url)) ? 'h2c' : 'http1';
}
