/** Authentication that is allowed, and hardly intended. */
import type { Settings } from '../../settings.ts';
import type { Warning } from '../warnings.ts';

const LOOPBACK = ['127.0.0.1', '::1', 'localhost'];

export function authWarnings({ server, tls, routes }: Pick<Settings, 'server' | 'tls' | 'routes'>): readonly Warning[] {
  // A trusted proxy may speak TLS with clients.
  const isPlain = tls === null && server.trustProxy.length === 0 && !LOOPBACK.includes(server.host);
  return routes.flatMap(({ auth }, at) => {
    if (auth === null || auth.basic === null || !isPlain) return [];
    const message = 'passwords cross the network unencrypted: add tls, or the proxy in front to server.trust_proxy';
    return [{ key: `routes.${at}.auth.basic`, message }];
  });
}
