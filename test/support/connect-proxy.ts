/** An HTTP proxy for what has no network of its own: CONNECT only, on a unix socket. */
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { once } from 'node:events';
import type { TestContext } from 'node:test';

export async function startConnectProxy(t: Pick<TestContext, 'after'>, path: string): Promise<void> {
  const proxy = createServer((_, response) => response.writeHead(501).end());
  proxy.on('connect', (request, client, head) => {
    const { hostname, port } = new URL(`http://${request.url}`);
    const server = connect(Number(port || '80'), hostname, () => {
      client.write('HTTP/1.1 200 Connected\r\n\r\n');
      server.write(head);
      client.pipe(server).pipe(client);
    });
    server.on('error', () => client.destroy()).on('close', () => client.destroy());
    client.on('error', () => server.destroy()).on('close', () => server.destroy());
  });
  proxy.listen(path);
  t.after(() => proxy.close());
  await once(proxy, 'listening');
}
