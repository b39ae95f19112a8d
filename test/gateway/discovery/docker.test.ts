/** Containers of a real Docker daemon as members: by the source alone, and in a gateway that runs in their network. */
import assert from 'node:assert/strict';
import { after, before, test, type TestContext } from 'node:test';
import type { DiscoverSettings } from '../../../src/config/settings.ts';
import type { SourceAnswer } from '../../../src/discovery/control/source.ts';
import { createDockerApi } from '../../../src/discovery/control/sources/docker/docker-api.ts';
import { createDockerSource } from '../../../src/discovery/control/sources/docker/docker-source.ts';
import { DockerWatch } from '../../../src/discovery/control/sources/docker/docker-watch.ts';
import { dockerMissing, startDockerEngine, type DockerEngine } from '../../support/docker-engine.ts';
import { eventually } from '../../support/eventually.ts';
import { httpRequest } from '../../support/http-request.ts';
import { startLoad } from '../../support/load.ts';
import { runGatewayProcess } from '../../support/sluice-process.ts';

const skip = dockerMissing;
const SETTINGS: NonNullable<DiscoverSettings['docker']> = { service: null, project: null, port: null, network: null };

/** As the API counts time. */
const SECOND = 1_000_000_000;

let engine: DockerEngine;
const atEnd: (() => unknown)[] = [];
before(async () => {
  if (skip === false) engine = await startDockerEngine({ after: (task) => void atEnd.push(task as () => unknown) });
});
after(async () => {
  for (const task of atEnd.toReversed()) await task();
});

/** What a source says of the daemon, in real time. */
function watch(t: TestContext, pool: string) {
  const answers: SourceAnswer[] = [];
  const daemon = new DockerWatch({
    api: createDockerApi(engine.endpoint, () => assert.fail('no name to look up')),
    nowMs: () => performance.now(),
    schedule: (task, ms) => {
      const timer = setTimeout(task, ms);
      return () => clearTimeout(timer);
    },
    random: Math.random,
  });
  const source = createDockerSource(pool, SETTINGS, daemon, { report: (answer) => answers.push(answer) });
  source.start();
  t.after(() => source.stop());
  /** `draining` for one that drains. */
  const states = (): string => {
    const last = answers.at(-1);
    if (last?.kind !== 'list') return 'no list';
    return last.members.map(({ draining }) => (draining ? 'draining' : 'serving')).join();
  };
  return { answers, states, are: (wanted: string) => eventually(`members are ${wanted}`, () => states() === wanted) };
}

async function remove(...names: readonly string[]): Promise<void> {
  for (const name of names) await engine.call('DELETE', `/containers/${name}?force=true`);
}

test(
  'a container is a member while its health check passes, and drains while it fails or is paused',
  { skip },
  async (t) => {
    const { are, states } = watch(t, 'ill');
    const healthcheck = {
      Test: ['CMD-SHELL', 'test ! -e /ill'],
      Interval: SECOND / 2,
      Timeout: 9 * SECOND,
      Retries: 1,
    };
    await engine.run('ill-1', { labels: { 'sluice.pool': 'ill' }, healthcheck });
    t.after(() => remove('ill-1'));
    assert.notEqual(states(), 'serving');
    await are('serving');
    await execute('ill-1', 'touch /ill');
    await are('draining');
    await execute('ill-1', 'rm /ill');
    await are('serving');
    await engine.call('POST', '/containers/ill-1/pause');
    await are('draining');
    await engine.call('POST', '/containers/ill-1/unpause');
    await are('serving');
  },
);

async function execute(container: string, command: string): Promise<void> {
  const { Id } = (await engine.call('POST', `/containers/${container}/exec`, { Cmd: ['sh', '-c', command] })) as {
    Id: string;
  };
  await engine.call('POST', `/exec/${Id}/start`, { Detach: true });
}

test('a container that joins a second network is refused by name until it leaves one', { skip }, async (t) => {
  const { answers, are } = watch(t, 'two');
  await engine.run('two-1', { labels: { 'sluice.pool': 'two' } });
  await are('serving');
  await engine.call('POST', '/networks/create', { Name: 'back' });
  await engine.call('POST', '/networks/back/connect', { Container: 'two-1' });
  t.after(async () => {
    await remove('two-1');
    await engine.call('DELETE', '/networks/back');
  });
  await eventually('it is refused', () => {
    const last = answers.at(-1);
    return last?.kind === 'list' && last.members.length === 0 && last.refused.length === 1;
  });
  assert.deepEqual((answers.at(-1) as { refused: readonly string[] }).refused, [
    'container two-1: it is in the networks back and bridge: set the label sluice.network, or network in discover.docker',
  ]);
  await engine.call('POST', '/networks/bridge/disconnect', { Container: 'two-1' });
  await are('serving');
});

test(
  'containers that start, stop and are killed under load fail no request, nor does the daemon while it is away',
  { skip },
  async (t) => {
    const start = (name: string) =>
      engine.run(name, {
        labels: { 'sluice.pool': 'web' },
        env: ['LINGER_MS=2000'],
        healthcheck: { Test: ['CMD-SHELL', 'test -e /ready'], Interval: SECOND / 2, Timeout: 9 * SECOND, Retries: 1 },
      });
    await start('web-1');
    await start('web-2');
    const gateway = await runGatewayProcess(t, {
      inside: engine.inside,
      yaml: `pools:
  web: { discover: { docker: {} }, algorithm: round-robin, health_check: { interval: 5s, fast_interval: 4s, timeout: 4s } }
discovery: { debounce: 100ms, docker: { endpoint: "${engine.endpoint}" } }
rate_limit: { enabled: false }
log: { access: { enabled: false } }
`,
    });
    const url = await engine.relay(gateway.trafficUrl);
    /** Answers come from these, and from no others. */
    const answering = (...wanted: readonly string[]): Promise<void> =>
      eventually(`${wanted.join()} answer`, async () => {
        const names = new Set<string>();
        for (let asked = 0; asked < 3 * wanted.length; asked += 1) names.add((await httpRequest(url)).body);
        return [...names].sort().join() === wanted.join();
      });

    await answering('web-1', 'web-2');
    const load = startLoad(url, { connections: 8, pauseMs: 5 });
    await start('web-3');
    await answering('web-1', 'web-2', 'web-3');
    await engine.call('POST', '/containers/web-1/stop');
    await answering('web-2', 'web-3');

    await engine.kill();
    await gateway.printed(/discovery failed: the pool keeps its members/);
    await answering('web-2', 'web-3');
    await engine.start();
    await gateway.printed(/discovery works again/);
    await engine.call('POST', '/containers/web-1/start');
    await answering('web-1', 'web-2', 'web-3');
    const { statuses, errors } = await load.stop();
    assert.deepEqual(errors, []);
    assert.deepEqual(Object.keys(statuses), ['200']);
    assert.ok(load.answers > 100);

    const kills = startLoad(url, { connections: 8, pauseMs: 5 });
    await engine.call('POST', '/containers/web-2/kill');
    await answering('web-1', 'web-3');
    // Only requests that the killed container had in work may fail.
    const { '200': _, ...others } = (await kills.stop()).statuses;
    assert.deepEqual(Object.keys({ ...others, 502: 0 }), ['502']);
    assert.ok((others['502'] ?? 0) <= 8);

    await remove('web-1', 'web-2', 'web-3');
    // A strong source: without containers, the pool is empty, and its route stays.
    await eventually('nobody answers', async () => (await httpRequest(url)).status === 503);
  },
);

test(
  'labels of a container make a route, which stays while the container is stopped, and a typo is named',
  { skip },
  async (t) => {
    const gateway = await runGatewayProcess(t, {
      inside: engine.inside,
      yaml: `pools: { main: { backends: [{ url: "http://127.0.0.1:1" }] } }
routes: [{ host: main.test, pool: main }]
discovery: { debounce: 100ms, docker: { endpoint: "${engine.endpoint}", routes: true } }
rate_limit: { enabled: false }
log: { access: { enabled: false } }
`,
    });
    const url = await engine.relay(gateway.trafficUrl);
    const answered = (wanted: string): Promise<void> =>
      eventually(`it is answered ${wanted}`, async () => {
        const { status, body } = await httpRequest(`${url}/shop/x`, { headers: { host: 'shop.test' } });
        return (status === 200 ? body : String(status)) === wanted;
      });
    await answered('404');
    await engine.run('shop-1', {
      labels: {
        'sluice.pool': 'shop',
        'sluice.route.shop.host': 'shop.test',
        'sluice.route.shop.path_prefix': '/shop',
        'sluice.route.other.hots': 'other.test',
      },
    });
    t.after(() => remove('shop-1').catch(() => {}));
    await gateway.printed(/there is no key hots; allowed: host, .*did you mean/);
    await answered('shop-1');
    await engine.call('POST', '/containers/shop-1/stop?t=1');
    await answered('503');
    await engine.call('POST', '/containers/shop-1/start');
    await answered('shop-1');
    await remove('shop-1');
    await answered('404');
  },
);
