/** Shows an authority the certificate that proves a name (tls-alpn-01, RFC 8737). No data follows the handshake. */
import type { Socket } from 'node:net';
import { createServer } from 'node:tls';
import type { ChallengeCertificate } from '../acme/challenge.ts';
import type { ClientHello } from './core/client-hello.ts';

const PROTOCOL = 'acme-tls/1';

/** The client offers this protocol, and no other (RFC 8737, 3). */
export function isChallenge({ protocols }: ClientHello): boolean {
  return protocols.length === 1 && protocols[0] === PROTOCOL;
}

/** Closes the connection in the end. @param onFailed with a code of OpenSSL or Node */
export function showChallenge(
  raw: Socket,
  { certPem, keyPem }: ChallengeCertificate,
  handshakeTimeoutMs: number,
  onFailed: (code: string) => void,
): void {
  const server = createServer({
    cert: certPem,
    key: keyPem,
    ALPNProtocols: [PROTOCOL],
    handshakeTimeout: handshakeTimeoutMs,
  });
  server.on('secureConnection', (secure) => {
    secure.on('error', () => secure.destroy());
    secure.end(() => secure.destroy());
  });
  server.on('tlsClientError', (error: NodeJS.ErrnoException, secure) => {
    secure.destroy();
    raw.destroy();
    onFailed(error.code ?? 'unknown');
  });
  server.emit('connection', raw);
}
