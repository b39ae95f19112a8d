/**
 * The floor of what Node can do: TLS on one side, a connection of its own to a backend on the other, and what arrives
 * passed on unread. `node tls-pipe.ts PORT CERT KEY BACKEND`
 */
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { createServer } from 'node:tls';

const [port, cert, key, backend] = process.argv.slice(2) as [string, string, string, string];
const [host, backendPort] = backend.split(':') as [string, string];

const server = createServer({ cert: readFileSync(cert), key: readFileSync(key), noDelay: true }, (client) => {
  const socket = connect({
    host,
    port: Number(backendPort),
    noDelay: true,
    onread: {
      buffer: Buffer.allocUnsafe(65_536),
      callback: (length, bytes) => client.write(Buffer.from(bytes.subarray(0, length))) || true,
    },
  });
  client.on('data', (piece) => socket.write(piece));
  for (const [side, other] of [
    [client, socket],
    [socket, client],
  ] as const) {
    side.on('error', () => undefined);
    side.on('close', () => other.destroy());
  }
});
server.listen(Number(port), '127.0.0.1');
