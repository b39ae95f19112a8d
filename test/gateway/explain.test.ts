/** Explanations of requests, by the API and the command of a whole gateway. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startSampleBackends } from '../../src/cli/sample-backends/sample-backends.ts';
import type { ExplanationAnswer } from '../../src/explain/api/explain-view.ts';
import { command } from '../support/admin-server.ts';
import { httpRequest } from '../support/http-request.ts';
import { runGatewayProcess } from '../support/sluice-process.ts';

test(
  'a request is explained without a token being taken, and a real one says how it was handled',
  { timeout: 120_000 },
  async (t) => {
    const { backends, close } = await startSampleBackends({ count: 2 });
    t.after(close);
    const gateway = await runGatewayProcess(t, {
      yaml: `server: { drain_delay: 0s }
health_check: { enabled: false }
rate_limit: { default: { capacity: 3, rate_per_second: 0.001 }, denylist: [192.0.2.0/24] }
log: { access: { enabled: false } }
pools:
  web: { backends: [{ url: '${backends[0]!.url}', id: a }, { url: '${backends[1]!.url}', id: b, enabled: false }] }
routes:
  - { name: api, path_prefix: /api, pool: web, cost: 2, rate_limit: { total: { capacity: 100, rate_per_second: 1 } } }
  - { name: posted, path_prefix: /api, methods: [POST], pool: web }
`,
    });
    const explain = async (query: string): Promise<ExplanationAnswer> => {
      const answer = await httpRequest(`${gateway.adminUrl}/v1/api/explain?${query}`);
      assert.equal(answer.status, 200, answer.body);
      return answer.json<ExplanationAnswer>();
    };
    for (let count = 0; count < 5; count += 1) {
      const { route, limits, cost } = await explain('path=/api/x');
      assert.deepEqual(
        [route, cost, limits.map(({ limit, tokens }) => [limit, tokens])],
        [
          'api',
          2,
          [
            ['client', 3],
            ['route', 100],
          ],
        ],
      );
    }
    const { verdicts, pools } = await explain('path=/api/x');
    assert.deepEqual(verdicts, [
      { route: 'api', taken: true, reason: 'matches any host, the prefix /api' },
      { route: 'posted', taken: false, reason: 'the method is not POST' },
    ]);
    assert.deepEqual(
      pools[0]!.backends.map(({ id, available, reason }) => [id, available, reason]),
      [
        ['a', true, null],
        ['b', false, 'disabled'],
      ],
    );
    assert.equal((await explain('path=/api/x&client=192.0.2.7')).admission, 'denied');
    assert.deepEqual((await explain('path=/other')).route, null);
    assert.match((await explain('path=/api/..%2fx')).error ?? '', /./);
    assert.equal((await httpRequest(`${gateway.adminUrl}/v1/api/explain?path=nowhere`)).status, 400);
    assert.equal((await httpRequest(`${gateway.adminUrl}/v1/api/explain?header=x`)).status, 400);

    const sluice = (...args: string[]) => command(['explain', ...args, '--admin', gateway.adminUrl]);
    const { steps } = await explain('path=/api/x');
    assert.deepEqual(
      steps.map(({ step, outcome, decides }) => [step, outcome, decides]),
      [
        ['limits', 'passes', false],
        ['route', 'passes', false],
        ['backends', 'answers', true],
      ],
    );
    const posted = await httpRequest(`${gateway.adminUrl}/v1/api/explain`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ path: '/api/x', method: 'POST', headers: ['authorization: Bearer x'] }),
    });
    assert.equal(posted.json<ExplanationAnswer>().route, 'posted', posted.body);

    const told = await sluice('/api/x');
    assert.equal(told.code, 0, told.err);
    assert.match(
      told.out,
      /^Route api\n \* {2}api {5}matches any host, the prefix \/api\n {4}posted {2}the method is not POST\n/,
    );
    assert.match(told.out, /\n > {2}backends {2}1 of 2 backends of web are available\n/);
    assert.match(told.out, /\n {4}limit client {2}3 of 3 left, costs 2\n/);
    assert.match(told.out, /\n {4}b {2}unavailable: disabled /);
    assert.equal((await sluice('/other')).code, 1);
    const sent = await sluice(`${gateway.trafficUrl}/api/x`, '--send');
    assert.equal(sent.code, 0, sent.err);
    assert.match(
      sent.out,
      /\nSent GET \S+\/api\/x: 200 after [\d.]+ ms\n {4}route +api\n {4}client +ip:127\.0\.0\.1\n/,
    );
    assert.match(sent.out, /\n {4}try 1 {2}a {2}200 {2}[\d.]+ ms {2}after [\d.]+ ms\n/);
    assert.doesNotMatch(sent.out, /[{}"]/);
    const refused = await sluice(`${gateway.trafficUrl}/api/x`, '--send', '--json');
    assert.equal(refused.code, 1);
    assert.match(refused.out, /"would_refuse":true[^]*"error":"GW_RATE_LIMITED"/);
    for (const words of [[], ['/a', '/b'], ['ftp://x/'], ['/a', '--send']])
      assert.equal((await sluice(...words)).code, 2, words.join(' '));
  },
);
