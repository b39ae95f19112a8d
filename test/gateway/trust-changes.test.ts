/** Reloads that change whom a whole gateway trusts: tokens with open streams, and proxies. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hashAccessToken } from '../../src/admin-access/access-token.ts';
import { startTestGateway } from '../support/gateway.ts';
import { upgrade } from '../support/websocket-client.ts';

const POOL = 'pools: { a: { backends: [{ url: "http://127.0.0.1:9" }] } }\n';
const token = (name: string): string => `{ name: ${name}, role: admin, hash: "${hashAccessToken(name)}" }`;

test('a reload that takes a token away ends its streams, and leaves those of others', async (t) => {
  const gateway = await startTestGateway(t, `${POOL}admin: { tokens: [${token('ann')}, ${token('bob')}] }\n`);
  const port = Number(new URL(gateway.adminUrl).port);
  const open = async (name: string) => {
    const { client } = await upgrade(port, '/ws/metrics', { authorization: `Bearer ${name}` });
    await client.next();
    return client;
  };
  const [anns, bobs] = [await open('ann'), await open('bob')];
  gateway.write(`${POOL}admin: { tokens: [${token('bob')}] }\n`);
  await gateway.reload('signal');
  await anns.closed();
  assert.equal(anns.closeCode, 1008);
  await bobs.next();
  assert.equal(bobs.closeCode, undefined);
});

test('a start or reload that trusts everybody logs a warning, once', async (t) => {
  const everybody = `${POOL}server: { trust_proxy: [0.0.0.0/0] }\n`;
  const gateway = await startTestGateway(t, everybody);
  const warnings = (): number => gateway.log.filter(({ key }) => key === 'server.trust_proxy').length;
  assert.equal(warnings(), 1);
  gateway.write(`${everybody}log: { level: debug }\n`);
  await gateway.reload('signal');
  assert.equal(warnings(), 1, 'it is known');
  gateway.write(POOL);
  await gateway.reload('signal');
  gateway.write(everybody);
  await gateway.reload('signal');
  assert.equal(warnings(), 2, 'it has become so again');
});
