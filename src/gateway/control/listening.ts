/** Checks of the listening address before the traffic threads share it. */
import { createServer } from 'node:net';

/**
 * Rejects with EADDRINUSE if another process listens there. With SO_REUSEPORT a second gateway of the same user would
 * otherwise take part of the first one's connections, and neither would notice.
 */
export async function assertPortFree(host: string, port: number): Promise<void> {
  if (port === 0) return;
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port, exclusive: true }, resolve);
  });
  await new Promise<void>((resolve) => server.close(() => resolve()));
}

/** Can several threads listen on one port here? (Linux and the BSDs; not macOS, not Windows.) */
export async function isReusePortSupported(): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen({ host: '127.0.0.1', port: 0, reusePort: true }, () => server.close(() => resolve(true)));
  });
}
