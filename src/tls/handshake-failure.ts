/** Why a handshake failed, in words, from the codes of OpenSSL and Node. One of a few texts: the log counts by them. */
const WORDS: Readonly<Record<string, string>> = {
  ERR_TLS_HANDSHAKE_TIMEOUT: 'the handshake took too long',
  ERR_SSL_UNSUPPORTED_PROTOCOL: 'no common version of TLS',
  ERR_SSL_NO_SHARED_CIPHER: 'no common cipher',
  ERR_SSL_NO_SUITABLE_SIGNATURE_ALGORITHM: 'no common signature algorithm',
};
/** Alerts of clients about the certificate (RFC 8446, 6.2). */
const REJECTION =
  /_ALERT_(UNKNOWN_CA|BAD_CERTIFICATE|UNSUPPORTED_CERTIFICATE|CERTIFICATE_(?:EXPIRED|REVOKED|UNKNOWN))$/;

/** @param code others are returned as they are */
export function handshakeFailure(code: string): string {
  const alert = REJECTION.exec(code)?.[1];
  return alert === undefined ? (WORDS[code] ?? code) : `the client rejects the certificate: ${alert.toLowerCase()}`;
}
