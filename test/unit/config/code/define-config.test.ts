/** What tsc accepts and refuses: `npm run check` fails if an expected error is missing. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { defineConfig, type Config, type RouteConfig } from '../../../../src/sluice.ts';

const web = { backends: [{ url: 'http://127.0.0.1:1' }] };
const isProduction = Date.now() < 0;

test('a configuration is returned as it is', () => {
  const config = { pools: { web } };
  assert.equal(defineConfig(config), config);
});

test('all forms of a right configuration have the right type', () => {
  const routes: RouteConfig[] = ['/a', '/b'].map((prefix) => ({ path_prefix: prefix, pool: 'web' }));
  const shared: Config = { pools: { web }, routes };
  defineConfig({ ...shared, server: { port: '${PORT}', threads: 2 } });
  defineConfig(() => shared);
  defineConfig(({ env }) => ({
    server: { threads: 'auto', port: Number(env.PORT ?? 1) },
    rate_limit: isProduction ? { default: { capacity: 5, rate_per_second: 1 } } : undefined,
    ...(isProduction ? { log: { level: 'warn' } } : {}),
    pools: { web, other: { ...web, algorithm: isProduction ? 'random' : undefined } },
  }));
  defineConfig(async ({ env }) => {
    const url = await Promise.resolve(env.URL ?? 'http://127.0.0.1:1');
    return { pools: { [`web-${env.ZONE}`]: { algorithm: 'random', backends: [{ url }] } } };
  });
  defineConfig(({ env }) => {
    if (env.SMALL === '1') return { pools: { web } };
    return { pools: { web }, server: { port: 1 } };
  });
});

test('a wrong key or value is an error of tsc, at any depth and in any form', () => {
  // @ts-expect-error: there are no pools.
  defineConfig({});
  // @ts-expect-error: server.prt
  defineConfig({ pools: { web }, server: { prt: 1 } });
  // @ts-expect-error: algorithm
  defineConfig({ pools: { web: { ...web, algorithm: 'roundrobin' } } });
  // @ts-expect-error: server.prt
  defineConfig(() => ({ pools: { web }, server: { prt: 1 } }));
  // @ts-expect-error: servr
  defineConfig(({ env }) => ({ pools: { web }, servr: { port: Number(env.PORT) } }));
  // @ts-expect-error: backends[].wieght
  defineConfig(() => ({ pools: { web: { backends: [{ url: 'http://a', wieght: 1 }] } } }));
  // @ts-expect-error: routes[].rate_limit.clients
  defineConfig(async () => ({ pools: { web }, routes: [{ pool: 'web', rate_limit: { clients: {} } }] }));
  // @ts-expect-error: env.URL may be undefined
  defineConfig(({ env }) => ({ pools: { web: { backends: [{ url: env.URL }] } } }));
  // @ts-expect-error: a number is not a duration
  defineConfig(() => ({ pools: { web }, timeouts: { idle: 5 } }));
  // @ts-expect-error: a text that is not a variable is not a number
  defineConfig(() => ({ pools: { web }, server: { port: '8080' } }));
});
