/** Whole gateways that share their limits by a real Redis. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { startEchoBackend } from './echo-backend.ts';
import { eventually } from './eventually.ts';
import { gatewayYaml, startTestGateway, type TestGateway } from './gateway.ts';
import { httpRequest } from './http-request.ts';
import { type RedisServer, startRedis } from './redis-server.ts';

export interface Fleet {
  readonly gateways: readonly TestGateway[];
  readonly redis: RedisServer;
}

/** @param redisOf the `redis` settings of a gateway, when they differ. */
export async function startFleet(
  t: TestContext,
  yaml: string,
  count = 2,
  redisOf?: (redis: RedisServer, index: number) => string,
  threads = 1,
): Promise<Fleet> {
  const redis = await startRedis(t);
  const backend = await startEchoBackend();
  t.after(() => backend.close());
  const trusted = 'server: { trust_proxy: [127.0.0.1], drain_delay: 0s }\n';
  const gateways: TestGateway[] = [];
  for (let index = 0; index < count; index += 1) {
    const settings = redisOf?.(redis, index) ?? `{ url: "${redis.url}" }`;
    const text = gatewayYaml([backend.url], `redis: ${settings}\n${trusted}${yaml}`);
    gateways.push(await startTestGateway(t, text, { threads }));
  }
  return { gateways, redis };
}

/** They know each other, and Redis answers them. */
export async function areShared({ gateways }: Fleet): Promise<void> {
  await eventually('all know each other', async () => {
    for (const gateway of gateways) {
      const { mode, gateways: count } = await sharing(gateway);
      if (mode !== 'shared' || count !== gateways.length) return false;
    }
    return true;
  });
}

export interface Sharing {
  readonly mode: string;
  readonly gateways: number;
  readonly limits: number;
}

export async function sharing(gateway: TestGateway): Promise<Sharing> {
  return (await gateway.admin('/v1/api/limits')).json<{ shared: Sharing }>().shared;
}

export async function areLost({ gateways }: Fleet, mode = 'lost'): Promise<void> {
  await eventually(`all are ${mode}`, async () => {
    for (const gateway of gateways) {
      if ((await sharing(gateway)).mode !== mode) return false;
    }
    return true;
  });
}

/** How many of so many requests are admitted, spread over the gateways, several at a time. */
export async function admitted(
  gateways: readonly TestGateway[],
  count: number,
  { client = '10.0.0.1', path = '/', at = (index: number): number => index % gateways.length } = {},
): Promise<number> {
  let ok = 0;
  let next = 0;
  async function worker(): Promise<void> {
    while (next < count) {
      const gateway = gateways[at(next)]!;
      next += 1;
      const headers = { 'x-forwarded-for': client };
      const { status } = await httpRequest(gateway.trafficUrl + path, { headers });
      assert.ok(status === 200 || status === 429, `status ${status}`);
      if (status === 200) ok += 1;
    }
  }
  await Promise.all(Array.from({ length: 4 }, worker));
  return ok;
}

/**
 * The limit applies once, wherever its client goes. What one gateway holds for its next requests and does not spend,
 * another gets only after a moment: on a busy machine, some are refused before that, and asked again here. At most a
 * tenth more is admitted (docs/adr/0037-shared-limits.md).
 */
export async function appliesOnce(
  gateways: readonly TestGateway[],
  limit: number,
  request: Parameters<typeof admitted>[2] = {},
): Promise<void> {
  let total = 0;
  await eventually(`${limit} are admitted`, async () => {
    total += await admitted(gateways, 20, request);
    return total >= limit;
  });
  total += await admitted(gateways, 20, request);
  assert.ok(total <= 1.1 * limit, `${total} of ${limit}`);
}
