/** The shares of a backend that fails at once, and one that takes its time to answer normally. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Socket } from 'node:net';
import { eventually } from '../support/eventually.ts';
import { httpRequest } from '../support/http-request.ts';
import { poolYaml } from '../support/pool-yaml.ts';
import { rawResponse, startRawBackend } from '../support/raw-socket.ts';
import { startTraffic } from '../support/traffic.ts';

const OFF = 'circuit_breaker: { enabled: false }\npassive_health: { enabled: false }\nretries: { attempts: 0 }\n';
const REQUESTS = 200;
/** Chance, and the first requests, which are on their way before any answer has come. */
const MOST = 0.6;

const FAILURES: Record<string, (socket: Socket) => void> = {
  'answers 404': (socket) => void socket.write(rawResponse('no', '404 Not Found')),
  'answers 429': (socket) => void socket.write(rawResponse('no', '429 Too Many Requests')),
  'answers 500': (socket) => void socket.write(rawResponse('no', '500 Internal Server Error')),
  resets: (socket) => void socket.resetAndDestroy(),
};

for (const algorithm of ['two-choices', 'least-connections']) {
  for (const [what, fail] of Object.entries(FAILURES)) {
    test(`with ${algorithm}, a backend that ${what} at once gets no more than its fair share, and that again when it answers well`, async (t) => {
      let isFailing = true;
      const answerLater = (_request: string, socket: Socket): void =>
        void setTimeout(() => socket.write(rawResponse('ok')), 20);
      const bad = await startRawBackend((request, socket) => (isFailing ? fail(socket) : answerLater(request, socket)));
      const good = await startRawBackend(answerLater);
      t.after(() => Promise.all([bad.close(), good.close()]));
      const traffic = await startTraffic(`${OFF}${poolYaml([bad, good], [`algorithm: ${algorithm}`])}`);
      t.after(() => traffic.close());

      const shareOfFirst = async (requests: number): Promise<number> => {
        const before = bad.requests.length;
        let left = requests;
        const client = async (): Promise<void> => {
          while ((left -= 1) >= 0) await httpRequest(traffic.url);
        };
        await Promise.all(Array.from({ length: 10 }, client));
        return (bad.requests.length - before) / requests;
      };
      const share = await shareOfFirst(REQUESTS);
      assert.ok(share > 0 && share <= MOST, `${share} while it fails`);
      isFailing = false;
      // What it has failed is forgotten in time, not in requests, of which a busy machine sends few.
      await eventually('its share when it answers well', async () => (await shareOfFirst(100)) > 0.3);
    });
  }
}
