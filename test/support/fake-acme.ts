/** A directory of which the test says what it answers, for what Pebble does not have; nonces are not checked. */
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { authority } from './issued.ts';

export interface AcmeRequest {
  readonly path: string;
  /** What was signed; empty: POST-as-GET, or no POST. */
  readonly payload: Readonly<Record<string, unknown>>;
}

export interface FakeAcme {
  readonly directory: string;
  readonly caPem: string;
  /** Those that `answer` got, in their order. */
  readonly requests: readonly AcmeRequest[];
}

/** @param meta of the directory. @param answer to anything but directory and nonces; `base` is the server's URL */
export async function startFakeAcme(
  t: Pick<TestContext, 'after'>,
  meta: object,
  answer: (request: AcmeRequest, response: ServerResponse, base: string) => void,
): Promise<FakeAcme> {
  const own = authority('fake ACME root');
  const requests: AcmeRequest[] = [];
  const server = createServer(own.issue(['127.0.0.1']), (request, response) => {
    const path = request.url ?? '';
    response.setHeader('replay-nonce', 'AAAA');
    if (path === '/nonce') return response.end();
    if (path === '/dir') {
      const found = { newNonce: `${base}/nonce`, newAccount: `${base}/account`, newOrder: `${base}/order` };
      return response.end(JSON.stringify({ ...found, renewalInfo: `${base}/renewal`, meta }));
    }
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => (body += text));
    request.on('end', () => {
      const { payload = '' } = (body === '' ? {} : JSON.parse(body)) as { payload?: string };
      const text = Buffer.from(payload, 'base64url').toString();
      const received = { path, payload: (text === '' ? {} : JSON.parse(text)) as AcmeRequest['payload'] };
      requests.push(received);
      answer(received, response, base);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const base = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { directory: `${base}/dir`, caPem: own.cert, requests };
}
