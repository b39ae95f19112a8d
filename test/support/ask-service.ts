/** An operator's service that says for which names certificates may be ordered on demand. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';

export interface AskService {
  readonly url: string;
  /** Names that it was asked about, in their order. */
  readonly asked: readonly string[];
  /** Status for a name; null: no answer. Default: 200 for all. */
  answer: (domain: string) => number | null;
}

export async function startAskService(t: Pick<TestContext, 'after'>): Promise<AskService> {
  const asked: string[] = [];
  const server = createServer(({ url = '' }, response) => {
    const domain = new URL(url, 'http://ask').searchParams.get('domain') ?? '';
    asked.push(domain);
    const status = service.answer(domain);
    if (status !== null) response.writeHead(status, { location: '/elsewhere' }).end('whatever');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  const service: AskService = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/allowed`,
    asked,
    answer: () => 200,
  };
  return service;
}
