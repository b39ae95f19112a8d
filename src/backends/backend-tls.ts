/** TLS settings of connections to a backend, the same for requests, upgrades and probes. */
import { createSecureContext, type SecureContext } from 'node:tls';
import type { PoolSettings, PoolTlsSettings } from '../config/settings.ts';
import { tlsServerName } from '../net/backend-url.ts';

export interface BackendTls {
  /** Empty: none is sent, and the certificate has to name the address. */
  readonly servername: string;
  readonly rejectUnauthorized: boolean;
  readonly secureContext: SecureContext;
}

/** Reading certificates takes a millisecond: once for each pool. */
const contexts = new WeakMap<PoolTlsSettings, SecureContext>();

export function backendTls(
  url: URL,
  { tls, insecureSkipTlsVerify }: Pick<PoolSettings, 'tls' | 'insecureSkipTlsVerify'>,
): BackendTls {
  return {
    servername: tls.serverName ?? (tlsServerName(url.hostname) || (tls.addressName ?? '')),
    rejectUnauthorized: !insecureSkipTlsVerify,
    secureContext: secureContextOf(tls),
  };
}

function secureContextOf(tls: PoolTlsSettings): SecureContext {
  const known = contexts.get(tls);
  if (known !== undefined) return known;
  const { caPem, certPem, keyPem, minVersion } = tls;
  const context = createSecureContext({
    minVersion,
    ...(caPem !== null && { ca: caPem }),
    ...(certPem !== null && { cert: certPem }),
    ...(keyPem !== null && { key: keyPem }),
  });
  contexts.set(tls, context);
  return context;
}
