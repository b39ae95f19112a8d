/** A reload takes effect on all threads at once, and running requests do not notice. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer as createTlsServer } from 'node:https';
import { createServer, get, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import { startSampleBackends, type SampleBackends } from '../../src/cli/sample-backends/sample-backends.ts';
import { eventually } from '../support/eventually.ts';
import { gatewayYaml, startTestGateway, type TestGateway } from '../support/gateway.ts';
import { httpRequest } from '../support/http-request.ts';
import { pemFolder } from '../support/pem-folder.ts';
import { otherAuthority, selfSigned } from '../support/self-signed.ts';
import { startLoad } from '../support/load.ts';

const UNLIMITED = 'rate_limit: { enabled: false }\n';

interface Reload {
  readonly result: string;
  readonly version: number;
  readonly changes: readonly { kind: string; action: string; name: string; keys: readonly string[] }[];
  readonly restart_required: readonly string[];
}

interface BackendState {
  readonly id: string;
  readonly url: string;
  readonly in_flight: number;
  readonly requests_total: number;
  readonly weight: number;
  readonly effective_weight: number;
  readonly enabled: boolean;
  readonly circuit: string;
}

async function samples(t: TestContext, count: number, delayMs = 0): Promise<SampleBackends['backends']> {
  const { backends, close } = await startSampleBackends({ count, behaviour: { delayMs } });
  t.after(close);
  return backends;
}

async function reload(gateway: TestGateway, yaml: string): Promise<Reload> {
  gateway.write(yaml);
  const answer = await gateway.admin('/v1/api/config/reload', { method: 'POST' });
  assert.equal(answer.status, 200, answer.body);
  return answer.json<Reload>();
}

async function versionOf(gateway: TestGateway): Promise<number> {
  return (await gateway.admin('/v1/api/config')).json<{ version: number }>().version;
}

async function states(gateway: TestGateway): Promise<readonly BackendState[]> {
  return (await gateway.admin('/v1/api/backends')).json<BackendState[]>();
}

test('fifty reloads under load fail no request, whatever they change', async (t) => {
  const backends = await samples(t, 4, 10);
  const [a, b, c, d] = backends.map(({ url }) => url) as [string, string, string, string];
  const variants = [
    gatewayYaml([a, b], UNLIMITED),
    // The same ids on other servers; then only one; other algorithms and connections; another pool; weights.
    gatewayYaml([c, d], UNLIMITED),
    gatewayYaml([d], UNLIMITED),
    `${UNLIMITED}pools:\n  default: { algorithm: round-robin, max_connections: 16, backends: [{ url: "${a}" }, { url: "${d}" }] }\n`,
    `${UNLIMITED}pools:\n  other: { backends: [{ url: "${b}", weight: 5 }, { url: "${c}" }] }\nroutes: [{ name: all, pool: other }]\n`,
    `${UNLIMITED}pools:\n  other: { backends: [{ url: "${b}", enabled: false }, { url: "${c}", weight: 9 }] }\n`,
  ];
  const gateway = await startTestGateway(t, variants[0]!);
  const loads = [
    startLoad(gateway.trafficUrl, { connections: 24, pauseMs: 10 }),
    // Its bodies are being read while the pools are exchanged.
    startLoad(gateway.trafficUrl, { connections: 8, pauseMs: 10, method: 'POST', body: 'x'.repeat(20_000) }),
  ];
  t.after(() => Promise.all(loads.map((load) => load.stop())));
  const first = await versionOf(gateway);
  for (let count = 1; count <= 50; count += 1) {
    const { result, version } = await reload(gateway, variants[count % variants.length]!);
    assert.deepEqual({ result, version }, { result: 'applied', version: first + count });
    await loads[0]!.reached(loads[0]!.answers + 20);
  }
  for (const load of loads) {
    const { statuses, errors } = await load.stop();
    assert.deepEqual(Object.keys(statuses), ['200'], errors.join());
  }
  const { threads, requests_total: total } = (await gateway.admin('/v1/api/metrics')).json<{
    threads: { snapshot: number }[];
    requests_total: number;
  }>();
  assert.deepEqual(
    threads.map(({ snapshot }) => snapshot),
    [first + 50, first + 50],
  );
  assert.equal(total, loads[0]!.answers + loads[1]!.answers, 'the total counts routes that are gone, too');
});

test('an invalid file is refused with every problem, and the old one stays current', async (t) => {
  const [backend] = await samples(t, 1);
  const gateway = await startTestGateway(t, gatewayYaml([backend!.url]));
  const first = await versionOf(gateway);
  gateway.write('pools:\n  default:\n    algorithm: best\n    backends: []\nroutes: [{ pool: nowhere }]\n');
  const answer = await gateway.admin('/v1/api/config/reload', { method: 'POST' });
  assert.equal(answer.status, 400);
  const { error, details } = answer.json<{ error: string; details: { field: string; message: string }[] }>();
  assert.equal(error, 'GW_VALIDATION');
  assert.deepEqual(
    details.map(({ field }) => field),
    ['pools.default.algorithm', 'pools.default.backends', 'routes.0.pool'],
  );
  assert.match(details[0]!.message, /sluice\.yaml:\d+:\d+: pools\.default\.algorithm: found "best"; allowed: /);
  assert.equal((await httpRequest(gateway.trafficUrl)).status, 200);
  const refused = gateway.log.find(({ msg }) => msg === 'reload refused')!;
  assert.equal((refused['problems'] as string[]).length, 3);
  const report = (await gateway.admin('/v1/api/config')).json<{ version: number; last_error: string }>();
  assert.equal(report.version, first);
  assert.match(report.last_error, /algorithm/);
});

test('check reports what would change, and changes nothing', async (t) => {
  const [one, two] = await samples(t, 2);
  const gateway = await startTestGateway(t, gatewayYaml([one!.url]));
  const check = (body?: object) =>
    gateway.admin('/v1/api/config/check', { method: 'POST', ...(body === undefined ? {} : { body }) });
  assert.deepEqual((await check()).json(), {
    valid: true,
    plan_id: null,
    changes: [],
    restart_required: [],
    warnings: [],
  });
  const first = await versionOf(gateway);

  gateway.write(
    gatewayYaml(
      [two!.url, one!.url],
      'server: { threads: 7, drain_delay: 1s }\nrate_limit: { default: { capacity: 7 }, max_clients: 9 }\nretries: { attempts: 3 }\n',
    ),
  );
  const wanted = {
    valid: true,
    plan_id: null,
    changes: [
      { kind: 'setting', action: 'changed', name: 'server.drain_delay', keys: [] },
      { kind: 'setting', action: 'changed', name: 'rate_limit.default.capacity', keys: [] },
      { kind: 'pool', action: 'changed', name: 'default', keys: ['retries.attempts'] },
      { kind: 'backend', action: 'changed', name: 'b0', keys: ['url'] },
      { kind: 'backend', action: 'added', name: 'b1', keys: [] },
    ],
    // --threads was given on the command line: it wins.
    restart_required: ['rate_limit.max_clients'],
    warnings: [],
  };
  assert.deepEqual((await check()).json(), wanted);
  const json = { pools: { default: { backends: [{ url: one!.url, id: 'b0', weight: 3 }] } } };
  const text = JSON.stringify({ ...json, log: { format: 'json', access: { enabled: false } } });
  const { changes, restart_required: restart } = (await check({ config: text })).json<Reload>();
  assert.ok(changes.some(({ name, keys }) => name === 'b0' && keys.join() === 'weight'));
  assert.deepEqual(restart, ['log.format']);
  assert.equal((await check({ config: 'pools: {}' })).status, 400);
  assert.equal(await versionOf(gateway), first);
});

test('settings that need a restart are reported and keep their value, the rest is applied', async (t) => {
  const [one] = await samples(t, 1);
  const gateway = await startTestGateway(t, gatewayYaml([one!.url]));
  const more = 'database: { save_levels: 9s }\nlog: { level: warn, format: json }\n';
  const report = await reload(gateway, gatewayYaml([one!.url], more));
  assert.deepEqual(report.restart_required.toSorted(), ['database.save_levels', 'log.format']);
  assert.equal(gateway.settings().log.level, 'warn');
  const shown = await gateway.admin('/v1/api/config');
  assert.deepEqual(shown.json()['restart_required'], report.restart_required);
  assert.equal((await reload(gateway, gatewayYaml([one!.url], more))).result, 'unchanged');
});

test('a token is required from the reload that adds it to the one that removes it, and never shown', async (t) => {
  const [one] = await samples(t, 1);
  const yaml = (admin: string): string => gatewayYaml([one!.url], `admin: { ${admin} }\n`);
  const gateway = await startTestGateway(t, yaml('tokens: []'));
  const headers = { authorization: 'Bearer a-new-and-secret-token' };
  const report = await reload(gateway, yaml('token: a-new-and-secret-token'));
  assert.deepEqual([report.result, report.restart_required], ['applied', []]);
  assert.equal((await gateway.admin('/v1/api/config')).status, 401);
  const shown = await gateway.admin('/v1/api/config', { headers });
  assert.equal(shown.status, 200);
  assert.doesNotMatch(shown.body, /a-new-and-secret-token/);
  gateway.write(yaml('tokens: []'));
  assert.equal((await gateway.admin('/v1/api/config/reload', { method: 'POST', headers })).status, 200);
  assert.equal((await gateway.admin('/v1/api/config')).status, 200);
});

test('limits follow: default, global and allowlist; nobody gets a full bucket; registered clients keep theirs', async (t) => {
  const [one] = await samples(t, 1);
  const limits = (text: string): string => gatewayYaml([one!.url], `rate_limit: ${text}\n`);
  const gateway = await startTestGateway(t, limits('{ default: { capacity: 100, rate_per_second: 0.001 } }'));
  const send = async (count: number, path = '') =>
    (await startLoad(gateway.trafficUrl + path, { connections: 8, max: count }).done).statuses;
  assert.deepEqual(await send(80), { 200: 80 });
  await reload(gateway, limits('{ default: { capacity: 10, rate_per_second: 0.0001 } }'));
  assert.deepEqual(await send(20), { 200: 2, 429: 18 }, 'a fifth of the bucket was left');
  // Raised again: clients that were refused for hours to come are admitted within moments.
  await reload(gateway, limits('{ default: { capacity: 1000, rate_per_second: 10000 } }'));
  await eventually('the bucket is full', async () => {
    const { limiter } = (await gateway.admin('/v1/api/metrics')).json<{ limiter: { active_clients: number } }>();
    return limiter.active_clients === 0;
  });

  const body = { ip_address: '127.0.0.1', capacity: 50, rate_per_second: 0.001 };
  assert.equal((await gateway.admin('/v1/api/clients', { method: 'POST', body })).status, 201);
  await reload(gateway, limits('{ default: { capacity: 5, rate_per_second: 1 } }'));
  const own = (await gateway.admin('/v1/api/clients/127.0.0.1')).json();
  assert.equal(own['capacity'], 50);
  assert.deepEqual(await send(100), { 200: 50, 429: 50 });

  await reload(gateway, limits('{ allowlist: [127.0.0.1], global: { capacity: 1, rate_per_second: 0.001 } }'));
  assert.deepEqual(await send(50), { 200: 50 });
  await reload(gateway, limits('{ global: { capacity: 3, rate_per_second: 0.001 } }'));
  assert.equal((await gateway.admin('/v1/api/clients/127.0.0.1', { method: 'DELETE' })).status, 204);
  await reload(
    gateway,
    limits('{ default: { capacity: 9000, rate_per_second: 9000 }, global: { capacity: 3, rate_per_second: 0.001 } }'),
  );
  const { 200: passed = 0 } = await send(50);
  assert.ok(passed <= 3, `${passed}`);
  await reload(gateway, limits('{ default: { capacity: 9000, rate_per_second: 9000 } }'));
  await eventually('no global limit', async () => (await send(1))['200'] === 1);
  assert.deepEqual(await send(50), { 200: 50 });
});

test('a backend that stays keeps its circuit and counters; a weight is applied; with another URL it starts over', async (t) => {
  const [good, bad, other] = await samples(t, 3);
  await bad!.set({ errorRate: 1 });
  const pool = (url: string, weight: number, algorithm = 'round-robin'): string =>
    `${UNLIMITED}retries: { attempts: 0 }\npassive_health: { enabled: false }\npools:\n  default:\n    algorithm: ${algorithm}\n` +
    `    backends: [{ url: "${good!.url}", id: good, weight: ${weight} }, { url: "${url}", id: bad }]\n`;
  const gateway = await startTestGateway(t, pool(bad!.url, 1));
  await startLoad(gateway.trafficUrl, { connections: 4, max: 60 }).done;
  await eventually('all are counted', async () => (await states(gateway)).every((one) => one.in_flight === 0));
  const before = await states(gateway);
  assert.equal(before[1]!.circuit, 'open');

  const weighted = await reload(gateway, pool(bad!.url, 7));
  assert.deepEqual(weighted.changes, [{ kind: 'backend', action: 'changed', name: 'good', keys: ['weight'] }]);
  await reload(gateway, pool(bad!.url, 7, 'least-connections'));
  const [kept, stillBad] = await states(gateway);
  assert.deepEqual([kept!.weight, kept!.effective_weight], [7, 7]);
  assert.equal(kept!.requests_total, before[0]!.requests_total);
  assert.equal(stillBad!.circuit, 'open');

  await reload(gateway, pool(other!.url, 7));
  const moved = (await states(gateway))[1]!;
  assert.deepEqual([moved.url, moved.circuit, moved.requests_total], [other!.url, 'closed', 0]);
  // And back, before its slot was given to another: as before.
  await reload(gateway, pool(bad!.url, 7));
  assert.equal((await states(gateway))[1]!.circuit, 'open');
});

test('a removed backend finishes its requests, gets nothing new, and its connections are closed', async (t) => {
  const held: ServerResponse[] = [];
  const old = createServer((request: IncomingMessage, response) => {
    request.resume();
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write('data: first\n\n');
    held.push(response);
  }).listen(0, '127.0.0.1');
  t.after(() => old.closeAllConnections());
  t.after(() => old.close());
  await once(old, 'listening');
  const [one] = await samples(t, 1);
  const gateway = await startTestGateway(
    t,
    gatewayYaml([`http://127.0.0.1:${(old.address() as AddressInfo).port}`], UNLIMITED),
  );
  const stream = (await once(get(gateway.trafficUrl), 'response'))[0] as IncomingMessage;
  stream.setEncoding('utf8');
  const [first] = await once(stream, 'data');
  assert.equal(first, 'data: first\n\n');

  await reload(gateway, gatewayYaml([one!.url], UNLIMITED));
  await startLoad(gateway.trafficUrl, { connections: 8, max: 100 }).done;
  assert.equal(held.length, 1, 'nothing new');
  held[0]!.write('data: second\n\n');
  const [second] = await once(stream, 'data');
  assert.equal(second, 'data: second\n\n');
  held[0]!.end();
  await once(stream, 'end');
  await eventually('its connections are closed', async () => {
    const open = await new Promise((resolve) => old.getConnections((_error, count) => resolve(count)));
    return open === 0;
  });
});

test('pools, connections and streams of what did not change are not touched', async (t) => {
  const sockets: unknown[] = [];
  const counting = createServer((_request, response) => response.end('ok')).listen(0, '127.0.0.1');
  counting.keepAliveTimeout = 60_000;
  counting.on('connection', (socket) => sockets.push(socket));
  t.after(() => counting.closeAllConnections());
  t.after(() => counting.close());
  await once(counting, 'listening');
  const url = `http://127.0.0.1:${(counting.address() as AddressInfo).port}`;
  const gateway = await startTestGateway(t, gatewayYaml([url], UNLIMITED), { threads: 1 });
  assert.equal((await httpRequest(gateway.trafficUrl)).status, 200);
  for (let count = 0; count < 3; count += 1) {
    // Another algorithm creates another pool with the same connections.
    const more = count === 2 ? '    algorithm: random\n' : '';
    await reload(
      gateway,
      gatewayYaml([url], `${more}${UNLIMITED}routes: [{ pool: default, path_prefix: "/${count}" }]\n`),
    );
    assert.equal((await httpRequest(`${gateway.trafficUrl}/${count}`)).status, 200);
    assert.equal((await httpRequest(gateway.trafficUrl)).status, 404);
  }
  assert.equal(sockets.length, 1);
});

test('concurrent reloads are all answered, by as few reloads as possible', async (t) => {
  const [one] = await samples(t, 1);
  const gateway = await startTestGateway(t, gatewayYaml([one!.url]));
  gateway.write(gatewayYaml([one!.url], 'retries: { attempts: 2 }\n'));
  const first = gateway.reload('test');
  const rest = Array.from({ length: 5 }, () => gateway.admin('/v1/api/config/reload', { method: 'POST' }));
  assert.equal((await first).result, 'applied');
  for (const answer of await Promise.all(rest)) assert.equal(answer.status, 200);
  assert.equal(gateway.settings().pools[0]!.retries.attempts, 2);
});

/** A gateway that does not accept the certificate of its backend. `accept` replaces the file of the authority. */
async function startWithOtherAuthority(t: TestContext, more: string) {
  const backend = createTlsServer(selfSigned, (_request, response) => void response.end('over TLS'));
  backend.on('tlsClientError', () => undefined);
  backend.listen(0, '127.0.0.1');
  await once(backend, 'listening');
  t.after(() => {
    backend.close();
    backend.closeAllConnections();
  });
  const write = pemFolder(t);
  const ca = write('ca.pem', otherAuthority);
  const url = `https://127.0.0.1:${(backend.address() as AddressInfo).port}`;
  const yaml = gatewayYaml([url], `    tls: { ca_file: "${ca}" }\n${UNLIMITED}${more}`);
  const gateway = await startTestGateway(t, yaml);
  assert.equal((await httpRequest(`${gateway.trafficUrl}/`)).status, 502);
  return { gateway, yaml, write };
}

test('an authority of backends replaced under its name is used without a reload call, if files are watched', async (t) => {
  const { gateway, write } = await startWithOtherAuthority(t, 'reload: { watch: true }\n');
  write('ca.pem', selfSigned.cert);
  await eventually('the backend is accepted', async () => (await httpRequest(`${gateway.trafficUrl}/`)).status === 200);
});

test('a certificate replaced under its name is used from the next reload on', async (t) => {
  const { gateway, yaml, write } = await startWithOtherAuthority(t, '');
  write('ca.pem', selfSigned.cert);
  const { changes } = await reload(gateway, yaml);
  assert.deepEqual(changes, [{ kind: 'pool', action: 'changed', name: 'default', keys: ['tls.ca_file'] }]);
  assert.equal((await httpRequest(`${gateway.trafficUrl}/`)).body, 'over TLS');

  write('ca.pem', 'no certificate');
  gateway.write(yaml);
  const refused = await gateway.admin('/v1/api/config/reload', { method: 'POST' });
  assert.equal(refused.status, 400);
  assert.match(refused.body, /contains no PEM certificate/);
  assert.equal((await httpRequest(`${gateway.trafficUrl}/`)).body, 'over TLS');
});
