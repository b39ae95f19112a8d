/**
 * testssl.sh examines the TLS port as it is configured by default: protocols, ciphers, known attacks. Clients that send no
 * name are served, because some of its checks send none.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { startTestGateway } from '../support/gateway.ts';
import { missing } from '../support/installed.ts';
import { authority } from '../support/issued.ts';
import { pemFolder } from '../support/pem-folder.ts';
import { rawResponse, startRawBackend } from '../support/raw-socket.ts';

interface Finding {
  readonly id: string;
  readonly severity: string;
  readonly finding: string;
}

/** Of the test's certificate and its surroundings, or of the backend; not of the gateway. */
const NOT_OURS = new Set(['cert_revocation', 'DNS_CAArecord', 'engine_problem', 'security_headers', 'cert_trust']);
const FINE = new Set(['OK', 'INFO', 'LOW']);
/**
 * testssl.sh gives `openssl s_client` no input, which therefore often leaves before a TLS 1.3 server has sent its tickets
 * (4 of 40 times against `openssl s_server` itself), and then cannot resume. test/wire/tls tests resumption.
 */
const withoutTicket = ({ id, finding }: Finding): boolean =>
  id === 'sessionresumption_ticket' && finding === 'check failed because of connect problem';

/** It takes three minutes by itself. */
const LIMIT_MS = 20 * 60_000;
const OPTIONS = { skip: missing('testssl.sh', 'testssl'), timeout: LIMIT_MS };

test('testssl.sh finds nothing of medium severity or worse', OPTIONS, async (t) => {
  const backend = await startRawBackend(rawResponse('hello'));
  t.after(() => backend.close());
  const file = pemFolder(t);
  const root = authority();
  const { cert, key } = root.issue(['localhost'], { notAfterMs: Date.now() + 80 * 86_400_000 });
  const files = `cert_file: ${file('a.pem', cert)}, key_file: ${file('a.key', key)}`;
  const gateway = await startTestGateway(
    t,
    `rate_limit: { enabled: false }
server: { max_connections_per_ip: 0 }
log: { level: silent }
tls: { port: 0, hsts: 365d, unknown_name: default, certificates: [{ ${files} }] }
pools: { web: { backends: [{ url: "${backend.url}" }] } }
`,
  );
  const report = file('report.json', '');
  const checks = ['-p', '-s', '-f', '-P', '-S', '-h', '-U'];
  const { port } = new URL(gateway.tlsUrl!);
  const examined = spawn(
    'testssl',
    [...checks, '--warnings', 'off', '--color', '0', '--append', '--jsonfile', report].concat(
      '--add-ca',
      file('root.pem', root.cert),
      '--ip',
      '127.0.0.1',
      `https://localhost:${port}/`,
    ),
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  t.after(() => examined.kill());
  let output = '';
  for (const stream of [examined.stdout, examined.stderr]) stream.on('data', (text) => (output += String(text)));
  await once(examined, 'exit');
  const findings = JSON.parse(
    `[${readFileSync(report, 'utf8')
      .replace(/^\s*\[?\s*,?/, '')
      .replace(/,?\s*\]?\s*$/, '')}]`,
  ) as Finding[];
  assert.ok(findings.length > 60, output);
  const bad = findings.filter((each) => !FINE.has(each.severity) && !NOT_OURS.has(each.id) && !withoutTicket(each));
  assert.deepEqual(bad, []);
  for (const [id, expected] of [
    ['SSLv3', 'not offered'],
    ['TLS1', 'not offered'],
    ['TLS1_1', 'not offered'],
    ['TLS1_3', 'offered'],
    ['HSTS_time', '365 days'],
  ] as const) {
    assert.match(findings.find((each) => each.id === id)?.finding ?? '', new RegExp(expected), id);
  }
});
