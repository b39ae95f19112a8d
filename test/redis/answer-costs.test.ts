/** Two gateways that share a limit by a real Redis, and requests whose answers say what they cost. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually } from '../support/eventually.ts';
import type { TestGateway } from '../support/gateway.ts';
import { httpRequest } from '../support/http-request.ts';
import { areShared, startFleet } from '../support/limit-fleet.ts';
import { redisMissing } from '../support/redis-server.ts';

/** The limit refills too slowly to matter, and Redis decides however busy the machine is. */
const YAML = `rate_limit: { shared: { wait: 20s, lost_after: 40s }, default: { capacity: 1000, rate_per_second: 0.0001 } }
routes:
  - { path_prefix: /, pool: default, cost_from: { json: n, estimate: 600 } }
`;

/** The backend answers what it is sent. */
async function ask({ trafficUrl }: TestGateway, client: string, cost: number): Promise<number> {
  const headers = { 'x-forwarded-for': client, 'content-type': 'application/json' };
  const { status } = await httpRequest(trafficUrl, { method: 'POST', headers, body: JSON.stringify({ n: cost }) });
  return status;
}

async function usage(gateway: TestGateway, client: string): Promise<{ tokens: number; used: number }> {
  return (await gateway.admin(`/v1/api/clients/${client}/usage`)).json();
}

test('two gateways settle costs on one limit', { skip: redisMissing }, async (t) => {
  const fleet = await startFleet(t, YAML);
  await areShared(fleet);
  const [one, other] = fleet.gateways as [TestGateway, TestGateway];

  await t.test('a debt made at one is a debt at the other', async () => {
    assert.equal(await ask(one, '10.0.0.1', 1300), 200);
    await eventually('it is shown', async () => Math.round((await usage(one, '10.0.0.1')).tokens) === -300);
    // Those that are admitted before the other one knows cost nothing in the end.
    await eventually('the other one refuses', async () => (await ask(other, '10.0.0.1', 0)) === 429);
    assert.equal(await ask(one, '10.0.0.1', 0), 429);
  });

  await t.test('what comes back at one can be used at the other', async () => {
    for (let turn = 0; turn < 10; turn += 1) {
      const gateway = turn % 2 === 0 ? one : other;
      await eventually(
        `turn ${turn}: there is enough for the estimate`,
        async () => (await ask(gateway, '10.0.0.2', 30)) === 200,
      );
    }
  });
});
