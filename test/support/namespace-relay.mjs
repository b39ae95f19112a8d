// Relays connections in a network namespace, from one address to the other: a port of its loopback, HOST:PORT, or a unix
// socket. Prints the port that it listens on.
import { connect, createServer } from 'node:net';

const [from, to] = process.argv.slice(2).map((text) => {
  if (text.includes('/')) return { path: text };
  const [, host = '127.0.0.1', port] = /^(?:(.+):)?(\d+)$/.exec(text);
  return { host, port: Number(port) };
});
createServer((client) => {
  const server = connect(to);
  for (const [one, other] of [
    [client, server],
    [server, client],
  ]) {
    one.pipe(other);
    one.on('error', () => other.destroy());
    one.on('close', () => other.destroy());
  }
}).listen(from, function () {
  console.log(this.address().port ?? 'ready');
});
