/** An authority of the test that validates nothing, refuses what the test wants refused, and suggests when to renew. */
import { createPublicKey } from 'node:crypto';
import type { TestContext } from 'node:test';
import { readValues } from '../../src/acme/core/der-reader.ts';
import { sequence } from '../../src/certificates/core/der.ts';
import { type FakeAcme, startFakeAcme } from './fake-acme.ts';
import { authority, ecKeys } from './issued.ts';

export interface IssuingAcme extends FakeAcme {
  /** Payloads of the orders, refused or not. */
  readonly orders: readonly Readonly<Record<string, unknown>>[];
  /** Of the certificates it issues. */
  lifeMs: number;
  /** A status with which orders are refused; null: none is. */
  refusal: { readonly status: number; readonly retryAfter?: string } | null;
  /** What it suggests; null: nothing. */
  window: { readonly start: Date; readonly end: Date } | null;
}

export async function startIssuingAcme(t: Pick<TestContext, 'after'>, wallMs: () => number): Promise<IssuingAcme> {
  const issuer = authority('Example CA');
  const orders: Record<string, unknown>[] = [];
  let chain = '';
  const server = await startFakeAcme(t, {}, ({ path, payload }, response, base) => {
    const url = (name: string): string => `${base}/${name}`;
    const order = { authorizations: [], finalize: url('finalize'), certificate: url('certificate') };
    if (path === '/account') return response.writeHead(201, { location: url('account/1') }).end('{}');
    if (path.startsWith('/renewal/')) {
      if (acme.window === null) return response.writeHead(404).end('{}');
      return response.end(JSON.stringify({ suggestedWindow: acme.window }));
    }
    if (path === '/order') {
      orders.push(payload);
      if (acme.refusal !== null) {
        const { status, retryAfter } = acme.refusal;
        if (retryAfter !== undefined) response.setHeader('retry-after', retryAfter);
        return response.writeHead(status).end(JSON.stringify({ detail: 'not now' }));
      }
      chain = '';
      response.setHeader('location', url('order/1'));
      return response.end(JSON.stringify({ ...order, status: 'ready' }));
    }
    if (path === '/finalize') {
      const hosts = (orders.at(-1)!['identifiers'] as { value: string }[]).map(({ value }) => value);
      const keys = { ...ecKeys(), publicKey: keyOf(String(payload['csr'])) };
      const dates = { notBeforeMs: wallMs(), notAfterMs: wallMs() + acme.lifeMs };
      chain = issuer.issue(hosts, { keys, ...dates }).cert;
    }
    if (path === '/certificate') return response.end(chain);
    return response.end(JSON.stringify({ ...order, status: chain === '' ? 'ready' : 'valid' }));
  });
  const acme: IssuingAcme = { ...server, orders, lifeMs: 90 * 86_400_000, refusal: null, window: null };
  return acme;
}

/** Of a certificate request. */
function keyOf(csr: string) {
  const [request] = readValues(Buffer.from(csr, 'base64url'));
  const [content] = readValues(request!.content);
  const [, , publicKey] = readValues(content!.content);
  return createPublicKey({ key: Buffer.from(sequence(publicKey!.content)), format: 'der', type: 'spki' });
}
