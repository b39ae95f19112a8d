import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test, type TestContext } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { RecordedRequest } from '../../../src/recording/core/recording-vocabulary.ts';
import { command } from '../../support/admin-server.ts';
import { freePort } from '../../support/free-port.ts';
import { recordingText } from '../../support/recorded-requests.ts';

const answer = (value: unknown): Pick<RecordedRequest, 'answer_headers' | 'answer_body'> => ({
  answer_headers: [['content-type', 'application/json']],
  answer_body: { text: JSON.stringify(value) },
});

async function serve(t: TestContext, listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('sluice replay', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-replay-'));
  after(() => rm(folder, { recursive: true }));
  const file = join(folder, 'r.ndjson');
  const replay = (text: string, ...args: readonly string[]) => {
    writeFileSync(file, text);
    return command(['replay', 'r.ndjson', ...args], {}, folder);
  };

  test('sends requests as they came, and succeeds if the answers are the same', async (t) => {
    const seen: [string, string, readonly string[]][] = [];
    const url = await serve(t, (request, response) => {
      seen.push([request.method!, request.url!, request.rawHeaders]);
      request.resume().on('end', () => {
        response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' });
        response.end(gzipSync('{"at":2,"a":1}'));
      });
    });
    const headers = [
      ['X-A', '1'],
      ['x-a', '\u00e9'],
      ['Authorization', '***'],
    ] as const;
    const text = recordingText({ target: '/a//b?c=%20', headers, ...answer({ a: 1, at: 1 }) });
    const { code, out, err } = await replay(
      text,
      '--to',
      `${url}/base`,
      '--compare',
      'status,json',
      '--ignore',
      'at',
      '--header',
      'Authorization: Bearer x',
    );
    assert.deepEqual(
      [code, out, err],
      [0, 'replayed 1 of 1 requests: 1 same, 0 different, 0 failed\ncompared: status of 1, json of 1\n', ''],
    );
    const [method, target, raw] = seen[0]!;
    assert.deepEqual([method, target], ['GET', '/base/a//b?c=%20']);
    assert.deepEqual(raw.slice(0, 8), [
      'host',
      'example.com',
      'X-A',
      '1',
      'x-a',
      '\u00e9',
      'Authorization',
      'Bearer x',
    ]);
  });

  test('fails on differences, and shows the first ones', async (t) => {
    const url = await serve(t, (request, response) => {
      response.statusCode = request.url === '/gone' ? 404 : 200;
      response.setHeader('content-type', 'application/json').end('{"a":2}');
    });
    const text = recordingText({ target: '/gone' }, { target: '/a', ...answer({ a: 1 }) }, { method: 'POST' });
    const { code, out } = await replay(text, '--to', url, '--compare', 'status,json');
    assert.equal(code, 1);
    assert.equal(
      out,
      `replayed 2 of 3 requests: 0 same, 2 different, 0 failed
compared: status of 2, json of 1
left out: 1 with an unsafe method (--unsafe sends them)

GET /gone (line 2)
  status: 200 → 404

GET /a (line 3)
  json a: 1 → 2
`,
    );
    const json = JSON.parse((await replay(text, '--to', url, '--json')).out) as { different: number };
    assert.equal(json.different, 1);
  });

  test('compares two places, with the bodies of unsafe requests', async (t) => {
    const echo: RequestListener = async (request: IncomingMessage, response) => {
      let body = '';
      for await (const piece of request) body += String(piece);
      response.setHeader('content-type', 'application/json').end(JSON.stringify({ body, host: request.headers.host }));
    };
    const [one, other] = [await serve(t, echo), await serve(t, echo)];
    const text = recordingText({
      method: 'PUT',
      headers: [['Content-Type', 'text/plain']],
      body: { text: 'é' },
      status: 500,
    });
    const args = ['--against', one, '--compare', 'status,json', '--unsafe', '--speed', 'max', '--host', 'x.example'];
    const { code, out } = await replay(text, '--to', other, ...args);
    assert.deepEqual([code, out.split('\n')[1]], [0, 'compared: status of 1, json of 1']);
  });

  test('fails if nobody answers, or not in time', async (t) => {
    const silent = await serve(t, () => undefined);
    const late = await replay(recordingText({}), '--to', silent, '--timeout', '50ms');
    assert.equal(late.code, 1);
    assert.match(late.out, /failed: no answer in time/);
    const down = await replay(recordingText({}), '--to', `http://127.0.0.1:${await freePort()}`);
    assert.equal(down.code, 1);
    assert.match(down.out, /0 same, 0 different, 1 failed[^]*failed: connection refused/);
  });

  test('fails if there is nothing to send, or the file is no recording', async () => {
    const to = ['--to', 'http://127.0.0.1:1'];
    const none = await replay(recordingText({ method: 'POST' }), ...to);
    assert.deepEqual([none.code, none.err], [1, 'sluice replay: nothing was sent\n']);
    const wrong = await replay('hello\n', ...to);
    assert.equal(wrong.code, 1);
    assert.match(wrong.err, /r\.ndjson:1: is not a recording/);
  });

  for (const [args, expected] of [
    [[], /needs the file with a recording/],
    [['a', 'b'], /one file at a time, not also 'b'/],
    [['a'], /needs --to/],
    [['a', '--to', 'ftp://x'], /--to: found 'ftp:\/\/x', allowed is a URL/],
    [['a', '--to', 'http://x', '--compare', 'status,body'], /--compare: found 'body', allowed: status, json/],
    [['a', '--to', 'http://x', '--speed', '0'], /--speed: found '0'/],
    [['a', '--to', 'http://x', '--concurrency', '0'], /--concurrency: found '0'/],
    [['a', '--to', 'http://x', '--header', 'x'], /--header: found 'x', allowed is 'NAME: VALUE'/],
  ] as const) {
    test(`replay ${args.join(' ')} is a mistake of usage`, async () => {
      const { code, err } = await command(['replay', ...args]);
      assert.equal(code, 2);
      assert.match(err, expected);
    });
  }
});
