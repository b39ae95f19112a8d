import assert from 'node:assert/strict';
import { test } from 'node:test';
import Fastify from 'fastify';
import { createLogger } from '../../../src/gateway/logging.ts';

function recording(level: 'info' | 'debug' = 'info') {
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  return { lines, logger: createLogger({ level, format: 'json' }, { name: 'traffic', thread: 2 }, destination) };
}

test('a line has the level as a word, an ISO time, name and thread, and nothing of the machine', () => {
  const { lines, logger } = recording();
  logger.warn({ backend: 'a' }, 'backend down');
  const { time, ...rest } = JSON.parse(lines[0]!);
  assert.match(time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  assert.deepEqual(rest, { level: 'warn', name: 'traffic', thread: 2, backend: 'a', msg: 'backend down' });
});

test('secrets do not reach the output, at any depth, in any spelling', () => {
  const { lines, logger } = recording();
  const headers = {
    authorization: 'Bearer S3CRET',
    'Proxy-Authorization': 'S3CRET',
    cookie: 'a=S3CRET',
    'set-cookie': ['a=S3CRET'],
    'X-API-Key': 'S3CRET',
    'sec-websocket-protocol': 'sluice.bearer.S3CRET',
    accept: '*/*',
  };
  logger.info({ headers }, 'flat');
  logger.info({ req: { headers }, settings: { admin: { token: 'S3CRET' } } }, 'nested');
  logger.info({ list: [{ api_key: 'S3CRET' }, { apiKey: 'S3CRET' }, { password: 'S3CRET' }] }, 'listed');
  logger.child({ token: 'S3CRET' }).info('child');
  logger.error(Object.assign(new Error('broken'), { headers, token: 'S3CRET' }), 'error');
  logger.error({ err: Object.assign(new Error('broken'), { request: { headers } }) }, 'error');
  assert.equal(lines.length, 6);
  for (const line of lines) {
    assert.doesNotMatch(line, /S3CRET/);
    assert.match(line, /\[redacted\]/);
  }
  assert.match(lines[0]!, /"accept":"\*\/\*"/);
  assert.match(lines[4]!, /"stack":"Error: broken/);
});

test('other values stay as they are, and the caller’s object is never changed', () => {
  const { lines, logger } = recording();
  const fields = { tokens: 5, token: null, at: new Date(0), password: 'S3CRET', nested: { tokens_left: 1 } };
  logger.info(fields, 'kept');
  assert.equal(fields.password, 'S3CRET');
  const line = JSON.parse(lines[0]!);
  assert.deepEqual([line.tokens, line.token, line.at], [5, null, '1970-01-01T00:00:00.000Z']);
  assert.deepEqual(line.nested, { tokens_left: 1 });
});

test('an object that contains itself can be logged', () => {
  const { lines, logger } = recording();
  const loop: Record<string, unknown> = { password: 'S3CRET' };
  loop['self'] = loop;
  logger.info({ loop }, 'loop');
  assert.doesNotMatch(lines[0]!, /S3CRET/);
});

test('Fastify keeps our serializers', async () => {
  const { lines, logger } = recording();
  const app = Fastify({ loggerInstance: logger });
  app.get('/', async () => {
    throw Object.assign(new Error('broken'), { token: 'S3CRET' });
  });
  await app.inject({ url: '/', headers: { authorization: 'Bearer S3CRET' } });
  assert.match(lines.join(''), /"err":\{.*\[redacted\]/);
  assert.doesNotMatch(lines.join(''), /S3CRET/);
});

test('lines below the level are not written', () => {
  const { lines, logger } = recording();
  logger.debug('quiet');
  assert.equal(lines.length, 0);
});

test('each line names the gateway, unless it has a field of that name', () => {
  const lines: string[] = [];
  const logger = createLogger(
    { level: 'info', format: 'json' },
    { name: 'control', gateway: 'gw-1' },
    {
      write: (line: string) => void lines.push(line),
    },
  );
  logger.info('one');
  logger.child({ a: 1 }).info({ gateway: 'http://127.0.0.1:8080' }, 'two');
  const found = lines.map((line) => [...line.matchAll(/"gateway":"([^"]*)"/g)].map(([, value]) => value));
  assert.deepEqual(found, [['gw-1'], ['http://127.0.0.1:8080']]);
  const origin = { name: 'traffic', thread: 1, gateway: 'gw-1' };
  createLogger({ level: 'info', format: 'json' }, origin, { write: (line) => void lines.push(line) }).info('three');
  assert.match(lines.at(-1)!, /"gateway":"gw-1"/);
});
