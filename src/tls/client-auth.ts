/** Which hosts ask their clients for a certificate (mutual TLS), and what a connection has shown. */
import { createHash } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import type { ClientAuthSettings } from '../config/settings.ts';
import { canonicalHostName } from '../net/host-name.ts';
import { describeCertificate, identityOf } from './client-certificate.ts';

/** What one host, or several, ask for. */
export interface ClientAuthPolicy extends Pick<
  ClientAuthSettings,
  'mode' | 'identity' | 'forward' | 'caPem' | 'crlPem'
> {
  /**
   * Equal for policies that accept the same certificates and make the same of them: only then may a session be resumed,
   * or a connection reused.
   */
  readonly key: string;
}

export class ClientAuth {
  readonly isEmpty: boolean;
  readonly #byHost = new Map<string, ClientAuthPolicy>();

  constructor(settings: readonly ClientAuthSettings[]) {
    this.isEmpty = settings.length === 0;
    for (const { hosts, mode, identity, forward, caPem, crlPem } of settings) {
      const digest = createHash('sha256').update(JSON.stringify([mode, identity, forward, caPem, crlPem]));
      const policy = { mode, identity, forward, caPem, crlPem, key: digest.digest('base64url').slice(0, 22) };
      for (const host of hosts) if (!this.#byHost.has(host)) this.#byHost.set(host, policy);
    }
  }

  /**
   * A wildcard is for any name below, and for names that are none, as in routes (route-table.ts): what a route serves
   * must not evade the policy of its host.
   *
   * @param host as a client names it, without port; undefined: it names none
   */
  find(host: string | undefined): ClientAuthPolicy | undefined {
    if (this.isEmpty || host === undefined) return undefined;
    const name = canonicalHostName(host) ?? host.toLowerCase().replace(/\.$/, '');
    const exact = this.#byHost.get(name);
    if (exact !== undefined) return exact;
    for (let dot = name.indexOf('.'); dot !== -1; dot = name.indexOf('.', dot + 1)) {
      const policy = this.#byHost.get(`*${name.slice(dot)}`);
      if (policy !== undefined) return policy;
    }
    return undefined;
  }
}

/** What a secured connection has shown of its client. */
export interface ClientProof {
  /** Of the policy that the handshake was made under; '': none asked for a certificate. */
  readonly policyKey: string;
  /** Why its certificate does not count; null: it has been verified. */
  readonly fault: string | null;
  /** Bucket key without its kind; undefined: none. */
  readonly identity: string | undefined;
  /** The value of X-Forwarded-Client-Cert; undefined: not sent. */
  readonly description: string | undefined;
}

const NO_PROOF: ClientProof = {
  policyKey: '',
  fault: 'none was asked for',
  identity: undefined,
  description: undefined,
};

/** After the handshake. */
export function proofOf(secure: TLSSocket, policy: ClientAuthPolicy | undefined): ClientProof {
  if (policy === undefined) return NO_PROOF;
  const policyKey = policy.key;
  const certificate = secure.getPeerX509Certificate();
  const fault = faultOf(secure, certificate !== undefined);
  if (certificate === undefined || fault !== null) {
    return { policyKey, fault: fault ?? 'none', identity: undefined, description: undefined };
  }
  return {
    policyKey,
    fault: null,
    identity: identityOf(certificate, policy.identity),
    description: policy.forward ? describeCertificate(certificate) : undefined,
  };
}

function faultOf({ authorized, authorizationError }: TLSSocket, isThere: boolean): string | null {
  if (!isThere) return 'the client sent none';
  return authorized ? null : describeFault(String(authorizationError));
}

const OTHER_AUTHORITY = 'its authority is not accepted here';
const FAULTS: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'it has expired',
  CERT_NOT_YET_VALID: 'it is not valid yet',
  CERT_REVOKED: 'it is revoked',
  INVALID_PURPOSE: 'it is not for clients',
  DEPTH_ZERO_SELF_SIGNED_CERT: OTHER_AUTHORITY,
  SELF_SIGNED_CERT_IN_CHAIN: OTHER_AUTHORITY,
  UNABLE_TO_GET_ISSUER_CERT: OTHER_AUTHORITY,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: OTHER_AUTHORITY,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: OTHER_AUTHORITY,
  CRL_HAS_EXPIRED: 'the list of revoked certificates has expired',
  UNABLE_TO_GET_CRL: 'there is no list of revoked certificates of its authority',
};

/** @param code of OpenSSL's verification */
function describeFault(code: string): string {
  const text = FAULTS[code];
  return text === undefined ? code : `${text} (${code})`;
}
