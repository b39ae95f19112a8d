/** A change of the configuration under real traffic: one that makes requests fail returns by itself, a good one stays. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test, type TestContext } from 'node:test';
import { startSampleBackends } from '../../src/cli/sample-backends/sample-backends.ts';
import { eventually } from '../support/eventually.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { httpRequest } from '../support/http-request.ts';
import { startLoad, type Load } from '../support/load.ts';
import { runGatewayProcess, temporaryFolder, type RunningGateway } from '../support/sluice-process.ts';

/** Each failure reaches the client, and changes nothing else. */
const CALM = `rate_limit: { enabled: false }
retries: { attempts: 0 }
passive_health: { enabled: false }
circuit_breaker: { enabled: false }
health_check: { enabled: false }
server: { drain_delay: 0s }
log: { level: info, access: { enabled: false } }
reload: { watch: false }
`;

interface Watch {
  readonly state: string;
  readonly reason: string;
  readonly version: number;
  readonly comparisons: readonly { route: string | null; measure: string; verdict: string; against: string }[];
}

interface World {
  readonly gateway: TestGateway;
  readonly good: string;
  readonly slow: string;
  readonly failing: string;
}

async function start(t: TestContext, yaml: (good: string) => string): Promise<World> {
  const { backends, close } = await startSampleBackends({ count: 3 });
  t.after(close);
  const [good, slow, failing] = backends;
  await slow!.set({ delayMs: 120 });
  await failing!.set({ errorRate: 1 });
  const gateway = await startTestGateway(t, yaml(good!.url));
  return { gateway, good: good!.url, slow: slow!.url, failing: failing!.url };
}

const pool = (url: string): string => `${CALM}pools: { p: { backends: [{ url: "${url}", id: b }] } }\n`;

function load(t: TestContext, url: string): Load {
  const running = startLoad(url, { connections: 4, pauseMs: 2 });
  t.after(() => running.stop());
  return running;
}

async function apply(gateway: TestGateway, config: string, watchSeconds: number) {
  const check = await gateway.admin('/v1/api/config/check', { method: 'POST', body: { config } });
  assert.equal(check.status, 200, check.body);
  const { plan_id } = check.json<{ plan_id: string }>();
  const body = { config, plan_id, watch_seconds: watchSeconds };
  return gateway.admin('/v1/api/config/apply', { method: 'POST', body });
}

async function watchOf(gateway: TestGateway): Promise<Watch> {
  return (await gateway.admin('/v1/api/config/watch')).json<{ watch: Watch }>().watch;
}

/** It may take this long, and ends as soon as enough requests have shown it. */
const LONG = 24;

async function ended(gateway: TestGateway): Promise<Watch> {
  await eventually('the watch has ended', async () => (await watchOf(gateway)).state !== 'watching', 90_000);
  return watchOf(gateway);
}

test('a backend that fails is taken back, with the numbers in event and log', async (t) => {
  const { gateway, failing } = await start(t, pool);
  const traffic = load(t, gateway.trafficUrl);
  await traffic.reached(200);
  const before = readFileSync(gateway.file, 'utf8');
  const answer = await apply(gateway, pool(failing), LONG);
  assert.equal(answer.status, 200, answer.body);
  assert.equal(readFileSync(gateway.file, 'utf8'), pool(failing));

  const { state, reason, version, comparisons } = await ended(gateway);
  assert.deepEqual([state, version], ['reverted', 2]);
  assert.match(reason, /^errors of route \/ rose from 0 % \(0 of \d+\) to \d+ % \(\d+ of \d+\): the text of version 1/);
  assert.deepEqual([comparisons[0]!.verdict, comparisons[0]!.measure], ['worse', 'errors']);
  assert.equal(readFileSync(gateway.file, 'utf8'), before);
  assert.equal((await httpRequest(gateway.trafficUrl)).status, 200);
  assert.ok(
    gateway.log.some(({ msg, state: logged }) => msg === 'watch of a configuration ended' && logged === 'reverted'),
  );
  const { items } = (await gateway.admin('/v1/api/events?kind=configuration')).json<{
    items: { message: string; severity: string }[];
  }>();
  const event = items.find(({ message }) => message.startsWith('version 2: reverted'));
  assert.equal(event?.severity, 'warn');
  assert.match(event!.message, /errors of route \/ rose/);
});

test('a backend that is slow is taken back for its p95', async (t) => {
  const { gateway, slow } = await start(t, pool);
  await load(t, gateway.trafficUrl).reached(200);
  await apply(gateway, pool(slow), LONG);
  const { state, reason } = await ended(gateway);
  assert.equal(state, 'reverted', reason);
  assert.match(reason, /^p95 of route \/ rose from \d+ ms \(\d+ requests\) to \d+ ms/);
});

test('a new route whose backend is away is taken back; it is compared with the gateway', async (t) => {
  const routes = (more: string): string => `routes: [{ name: all, pool: p, path_prefix: /old }${more}]\n`;
  const { gateway, good } = await start(t, (url) => pool(url) + routes(''));
  await load(t, `${gateway.trafficUrl}/old`).reached(200);
  const config =
    `${CALM}pools: { p: { backends: [{ url: "${good}", id: b }] }, q: { backends: [{ url: "http://127.0.0.1:9" }] } }\n` +
    routes(', { name: new, pool: q, path_prefix: /new }');
  assert.equal((await apply(gateway, config, LONG)).status, 200);
  load(t, `${gateway.trafficUrl}/new`);
  const { state, reason } = await ended(gateway);
  assert.equal(state, 'reverted', reason);
  assert.match(reason, /^errors of route new, which is new, are 100 % /);
});

test('a path that no longer matches is taken back', async (t) => {
  const routes = (prefix: string): string => `routes: [{ name: all, pool: p, path_prefix: ${prefix} }]\n`;
  const { gateway, good } = await start(t, (url) => pool(url) + routes('/api'));
  await load(t, `${gateway.trafficUrl}/api`).reached(200);
  assert.equal((await apply(gateway, pool(good) + routes('/apis'), LONG)).status, 200);
  const { state, reason } = await ended(gateway);
  assert.equal(state, 'reverted', reason);
  assert.match(reason, /^requests that no route matches rose from /);
});

test('a good change stays, and is judged', async (t) => {
  const { gateway, good } = await start(t, pool);
  await load(t, gateway.trafficUrl).reached(200);
  const better = pool(good).replace('id: b', 'id: b, weight: 7');
  assert.equal((await apply(gateway, better, 2)).status, 200);
  const { state, reason, comparisons } = await ended(gateway);
  assert.deepEqual([state, reason], ['kept', 'nothing became worse']);
  assert.ok(comparisons.every(({ verdict }) => verdict !== 'worse'));
  assert.equal(readFileSync(gateway.file, 'utf8'), better);
});

test('a plan made before another change is refused, and nothing is written', async (t) => {
  const { gateway, good, slow } = await start(t, pool);
  const check = await gateway.admin('/v1/api/config/check', { method: 'POST', body: { config: pool(slow) } });
  const { plan_id } = check.json<{ plan_id: string }>();
  gateway.write(`${pool(good)}# edited\n`);
  const edited = readFileSync(gateway.file, 'utf8');
  const body = { config: pool(slow), plan_id };
  const refused = await gateway.admin('/v1/api/config/apply', { method: 'POST', body });
  assert.deepEqual([refused.status, refused.json()['error']], [412, 'GW_PLAN_OUTDATED']);
  assert.equal(readFileSync(gateway.file, 'utf8'), edited);
});

test('versions survive a restart; a watch does not', async (t) => {
  const dataDir = temporaryFolder(t);
  const call = async (gateway: RunningGateway, method: string, path: string, body?: object) => {
    const sent =
      body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
    const answer = await httpRequest(`${gateway.adminUrl}/v1/api/config${path}`, { method, ...sent });
    assert.equal(answer.status, 200, answer.body);
    return answer.json();
  };
  const [one, two] = [pool('http://127.0.0.1:9'), pool('http://127.0.0.1:19')];
  const first = await runGatewayProcess(t, { yaml: one, dataDir });
  const { watch } = await call(first, 'PUT', '?watch_seconds=3600', { config: two });
  assert.equal((watch as Watch).state, 'watching');
  const versions = await call(first, 'GET', '/versions');
  first.child.kill('SIGKILL');
  await first.exit;

  const second = await runGatewayProcess(t, { yaml: readFileSync(first.file, 'utf8'), dataDir });
  assert.deepEqual(await call(second, 'GET', '/versions'), versions);
  assert.deepEqual(await call(second, 'GET', '/watch'), { watch: null });
  const back = await call(second, 'POST', '/rollback/1', { watch_seconds: 0 });
  assert.equal(back['number'], 3);
  assert.equal(readFileSync(second.file, 'utf8'), one);
  second.child.kill('SIGTERM');
  assert.equal(await second.exit, 0);
});
