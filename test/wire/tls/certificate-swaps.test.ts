/** Certificates that are replaced while clients connect: none of them notices. */
import assert from 'node:assert/strict';
import { get } from 'node:https';
import { test } from 'node:test';
import type { TLSSocket } from 'node:tls';
import { shareCertificate } from '../../../src/certificates/shared-certificate.ts';
import { authority } from '../../support/issued.ts';
import { pemFolder } from '../../support/pem-folder.ts';
import { rawResponse, startRawBackend } from '../../support/raw-socket.ts';
import { poolOf, startTraffic } from '../../support/traffic.ts';

const SWAPS = 200;
const CLIENTS = 4;
const ROOT = authority();

test('of the requests during 200 swaps none fails, and each connection has the certificate of its time', async (t) => {
  const backend = await startRawBackend(rawResponse('well'));
  t.after(() => backend.close());
  const write = pemFolder(t);
  const { cert, key } = ROOT.issue(['a.test']);
  const tls = {
    port: 0,
    certificates: [{ cert_file: write('a.pem', cert + ROOT.cert), key_file: write('a.key', key) }],
  };
  const traffic = await startTraffic(
    poolOf([backend.url], `rate_limit: { enabled: false }\ntls: ${JSON.stringify(tls)}\n`),
  );
  t.after(() => traffic.close());
  const [current] = traffic.certificates;

  let isSwapping = true;
  const seen = new Set<string>();
  const request = (): Promise<number> =>
    new Promise((resolve, reject) => {
      const options = { host: '127.0.0.1', port: traffic.tlsPort!, servername: 'a.test', ca: ROOT.cert, agent: false };
      get({ ...options, headers: { host: 'a.test' } }, (response) => {
        seen.add((response.socket as TLSSocket).getPeerX509Certificate()!.serialNumber);
        response.resume().on('end', () => resolve(response.statusCode!));
      }).on('error', reject);
    });
  const clients = Array.from({ length: CLIENTS }, async () => {
    let answered = 0;
    for (; isSwapping; answered += 1) assert.equal(await request(), 200);
    return answered;
  });
  for (let swap = 1; swap <= SWAPS; swap += 1) {
    const next = ROOT.issue(['a.test']);
    const chainPem = next.cert + ROOT.cert;
    const set = [shareCertificate({ ...current!, version: current!.version + swap, chainPem, keyPem: next.key })];
    traffic.thread.handle({ type: 'certificates', id: swap, set, removed: [] });
    assert.equal(await request(), 200);
  }
  isSwapping = false;
  const answered = await Promise.all(clients);
  assert.ok(answered.every((count) => count > 0));
  assert.ok(seen.size >= SWAPS, `${seen.size} certificates were seen`);
});
