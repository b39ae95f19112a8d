/** A gateway's surroundings for automatic certificates: Pebble, which validates on the gateway's ports, and a backend. */
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { connect } from 'node:tls';
import { freePort } from './free-port.ts';
import { gatewayYaml, type TestGateway } from './gateway.ts';
import { type Pebble, type PebbleOptions, startPebble } from './pebble.ts';

export interface AcmeWorld {
  readonly port: number;
  readonly tlsPort: number;
  readonly pebble: Pebble;
  yaml(certificates: readonly object[], issuer?: object, tls?: object): string;
}

export interface CertificateRow {
  readonly id: string;
  readonly state: string;
  readonly error: string | null;
  readonly serial: string | null;
  readonly source: string;
  readonly hosts: readonly string[];
  readonly last_used: string | null;
  readonly next_attempt: string | null;
}

export async function startAcmeWorld(t: TestContext, options: PebbleOptions = {}): Promise<AcmeWorld> {
  const [port, tlsPort] = [await freePort(), await freePort()];
  const pebble = await startPebble(t, { httpPort: port, tlsPort, ...options });
  const backend = createServer((request, response) => response.end(`backend got ${request.url}`));
  backend.listen(0, '127.0.0.1');
  await once(backend, 'listening');
  t.after(() => backend.close());
  const url = `http://127.0.0.1:${(backend.address() as AddressInfo).port}`;
  return {
    port,
    tlsPort,
    pebble,
    yaml: (certificates, issuer = {}, tls = {}) => {
      const le = { directory: pebble.directory, agree: true, ca_file: pebble.caFile, ...issuer };
      return gatewayYaml([url], `tls: ${JSON.stringify({ port: tlsPort, acme: { le }, certificates, ...tls })}\n`);
    },
  };
}

/** The certificate that a client is served; undefined: the handshake fails. */
export function served(port: number, servername: string): Promise<X509Certificate | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, servername, rejectUnauthorized: false });
    socket.on('secureConnect', () => {
      const { raw } = socket.getPeerCertificate();
      socket.destroy();
      resolve(new X509Certificate(raw));
    });
    socket.on('error', () => resolve(undefined));
  });
}

export async function certificateRows(gateway: Pick<TestGateway, 'admin'>): Promise<readonly CertificateRow[]> {
  return (JSON.parse((await gateway.admin('/v1/api/certificates')).body) as { items: CertificateRow[] }).items;
}
