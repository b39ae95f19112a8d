// Runs in a network namespace: connections to a unix socket go on to a port of its loopback.
import { connect, createServer } from 'node:net';

const [path, port] = process.argv.slice(2);
createServer((client) => {
  const server = connect(Number(port), '127.0.0.1');
  for (const [from, to] of [
    [client, server],
    [server, client],
  ]) {
    from.pipe(to);
    from.on('error', () => to.destroy());
    from.on('close', () => to.destroy());
  }
}).listen(path, () => console.log('ready'));
