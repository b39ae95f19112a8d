import assert from 'node:assert/strict';
import { test } from 'node:test';

import { loadText } from '../../../src/config/load.ts';
import { toFile } from '../../../src/config/to-file.ts';
import { problemsOf } from '../../support/config-problems.ts';

const pool = (more: string, top = ''): string => `${top}pools: { a: { ${more}, backends: [{ url: "http://b" }] } }`;
const checkOf = (yaml: string) => loadText(yaml, 'c.yaml', {}, {}).pools[0]!.healthCheck;

test('a tcp check inherits only the applicable keys of the top-level checks', () => {
  const top = 'health_check: { path: /ping, interval: 3s, expected_status: [200, 204], headers: { a: b } }\n';
  const check = checkOf(pool('health_check: { type: tcp }', top));
  assert.deepEqual([check.type, check.intervalMs, check.path, check.headers], ['tcp', 3000, null, {}]);
  assert.deepEqual(checkOf(pool('panic: true', top)).expectedStatus, [200, 204]);
});

const MISTAKES: readonly (readonly [check: string, line: RegExp])[] = [
  ['type: udp', /health_check\.type: found "udp"; allowed: http, tcp/],
  ['type: tcp, path: /x', /health_check\.path: a tcp check only connects; leave path out, or set type: http/],
  ['type: tcp, method: HEAD', /method: a tcp check only connects/],
  ['type: tcp, expected_body: ok', /expected_body: a tcp check only connects/],
  ['type: tcp, expected_status: [200, 200]', /expected_status: a tcp check only connects/],
  ['type: tcp, headers: { a: b }', /headers: a tcp check only connects/],
  ['type: tcp, expected_headers: { a: b }', /expected_headers: a tcp check only connects/],
  ['method: POST', /method: found "POST"; allowed: GET, HEAD, OPTIONS/],
  ['method: HEAD, expected_body: ok', /expected_body: an answer to HEAD has no body/],
  ['expected_body: ""', /expected_body: found ""; allowed: 1 to 1000 characters/],
  ['headers: { "a b": c }', /"a b" is not a valid header name/],
  ['headers: { Content-Length: "5" }', /content-length cannot be set/],
  ['headers: { A: b, a: c }', /a is given twice/],
  ['headers: [a]', /headers: found a list; allowed: a mapping from names to texts/],
  ['headers: { a: 5 }', /headers\.a: found a value that is not shown here; allowed: at most 1000 printable/],
  ['port: 0', /port: found 0; allowed: an integer from 1 to 65535/],
];
for (const [check, line] of MISTAKES) {
  test(`health_check { ${check} } is reported`, () => {
    const lines = problemsOf(pool(`health_check: { ${check} }`));
    assert.equal(lines.length, 1, lines.join('\n'));
    assert.match(lines[0]!, line);
  });
}

test('names of headers are kept as they are, in lower case; values to send are hidden from operators', () => {
  const headers = '{ Authorization: "Bearer hunter2", Content-MD5: x }';
  const settings = loadText(
    pool(`health_check: { headers: ${headers}, expected_headers: { X-Ok: y } }`),
    'c.yaml',
    {},
    {},
  );
  const { a } = toFile(settings)['pools'] as { a: { health_check: Record<string, unknown> } };
  assert.deepEqual(a.health_check['headers'], { authorization: '***', 'content-md5': '***' });
  assert.deepEqual(a.health_check['expected_headers'], { 'x-ok': 'y' });
});

const WEIGHT_MISTAKES: readonly (readonly [pool: string, line: RegExp])[] = [
  ['algorithm: round-robin, adaptive: { enabled: true }', /adaptive\.enabled: round-robin ignores weights; set/],
  ['adaptive: { enabled: true, latency_share: 0, error_share: 0 }', /latency_share and error_share are both 0/],
  ['adaptive: { min_share: 0 }', /min_share: found 0; allowed: a number above 0, at most 1/],
  ['adaptive: { max_share: 0.5 }', /max_share: found 0\.5; allowed: a number from 1 to 100/],
  ['adaptive: { speed: 2 }', /speed: found 2; allowed: a number above 0, at most 1/],
  ['slow_start: { from: 0 }', /from: found 0; allowed: a number above 0, at most 1/],
  ['slow_start: { duration: 0s }', /duration: found "0s"; allowed: a duration above zero/],
];
for (const [text, line] of WEIGHT_MISTAKES) {
  test(`${text} is reported`, () => {
    const lines = problemsOf(pool(text));
    assert.equal(lines.length, 1, lines.join('\n'));
    assert.match(lines[0]!, line);
  });
}

test('round-robin goes with slow start, which only has no effect there, and with adaptation that is off', () => {
  assert.deepEqual(problemsOf(pool('algorithm: round-robin, adaptive: { speed: 0.5 }')), []);
});
