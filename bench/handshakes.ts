/**
 * TLS 1.3 handshakes, eight at a time, each on a connection of its own, for some seconds: `node handshakes.ts PORT
 * SECONDS full|resumed`. Prints their number.
 */
import { connect } from 'node:tls';

const CONCURRENT = 8;
const [port, seconds, kind] = process.argv.slice(2);
const endMs = performance.now() + Number(seconds) * 1000;
// The same key exchange with all: not all have the post-quantum one that Node would offer first.
const group = { ecdhCurve: 'X25519' };
const options = { host: '127.0.0.1', port: Number(port), servername: 'localhost', rejectUnauthorized: false, ...group };
let count = 0;
let errors = 0;

/** The session of a first connection; undefined: none is wanted. */
function ticket(): Promise<Buffer | undefined> {
  if (kind !== 'resumed') return Promise.resolve(undefined);
  return new Promise((resolve, reject) => {
    const socket = connect(options);
    socket.once('error', reject);
    socket.once('session', (session) => {
      socket.destroy();
      resolve(session);
    });
    // Some servers send tickets with the first answer.
    socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
    socket.resume();
  });
}

async function shakeHands(session: Buffer | undefined): Promise<void> {
  while (performance.now() < endMs) {
    await new Promise<void>((resolve) => {
      const socket = connect({ ...options, ...(session && { session }) });
      socket.once('secureConnect', () => {
        if (socket.isSessionReused() === (session !== undefined)) count += 1;
        else errors += 1;
        socket.resume();
        // Only then does the server get the end of the handshake.
        socket.end();
      });
      socket.once('close', () => resolve());
      socket.once('error', () => {
        errors += 1;
      });
    });
  }
}

const session = await ticket();
await Promise.all(Array.from({ length: CONCURRENT }, () => shakeHands(session)));
console.log(JSON.stringify({ count, errors }));
