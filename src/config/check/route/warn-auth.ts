/** Authentication that is allowed, and hardly intended. */
import type { AuthSettings, Settings } from '../../settings.ts';
import type { Warning } from '../../file/problem.ts';

const LOOPBACK = ['127.0.0.1', '::1', 'localhost'];

export function authWarnings({ server, tls, routes }: Pick<Settings, 'server' | 'tls' | 'routes'>): readonly Warning[] {
  // A trusted proxy may speak TLS with clients.
  const isPlain = tls === null && server.trustProxy.length === 0 && !LOOPBACK.includes(server.host);
  return routes.flatMap(({ auth }, at) => {
    const key = `routes.${at}.auth`;
    if (auth === null) return [];
    const warnings: Warning[] = auth.jwt === null ? [] : tokenWarnings(auth.jwt, `${key}.jwt`);
    if (auth.basic !== null && isPlain) {
      const message = 'passwords cross the network unencrypted: add tls, or the proxy in front to server.trust_proxy';
      warnings.push({ key: `${key}.basic`, message });
    }
    return warnings;
  });
}

function tokenWarnings(
  { audience, from, issuer, jwksUrl, jwksFile, secret }: NonNullable<AuthSettings['jwt']>,
  key: string,
): Warning[] {
  const warnings: Warning[] = [];
  if (audience.length === 0) {
    warnings.push({ key, message: 'tokens for other services are accepted, too: add audience' });
  }
  if (from === 'query') {
    warnings.push({ key: `${key}.from`, message: 'URLs with tokens end up in logs, histories and Referer' });
  }
  const url = secret === null && jwksFile === null ? (jwksUrl ?? issuer) : null;
  if (url?.startsWith('http://') === true && !LOOPBACK.includes(new URL(url).hostname.replace(/^\[|\]$/g, ''))) {
    const at = jwksUrl === null ? 'issuer' : 'jwks_url';
    warnings.push({
      key: `${key}.${at}`,
      message: 'keys come over plain HTTP: anyone who can change them on the way can sign',
    });
  }
  return warnings;
}
