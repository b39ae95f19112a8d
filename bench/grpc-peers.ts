/**
 * Those that forward gRPC: TLS and HTTP/2 from clients, HTTP/2 without TLS to backends. nginx is not among them: of each
 * burst, 1.22.1 answers a hundred calls with 5xx.
 */
import { findVersion } from './machine.ts';
import { CADDY, everythingOn, type Peer, SLUICE } from './peers.ts';
import { caddyTls, sluiceTls } from './tls-peers.ts';

/** @param backends `127.0.0.1:PORT`, which expect HTTP/2 without TLS */
export function grpcPeers(backends: readonly string[], features: object = everythingOn): readonly Peer[] {
  const pools = { default: { backends: backends.map((address) => ({ url: `h2c://${address}` })) } };
  return [
    {
      name: `${SLUICE}, gRPC`,
      version: '',
      command: (context) => sluiceTls(context, { ...features, pools }),
    },
    {
      name: `${CADDY}, gRPC`,
      version: findVersion('caddy', ['version']),
      command: (context) => caddyTls({ ...context, backends: backends.map((address) => `h2c://${address}`) }),
    },
  ];
}
