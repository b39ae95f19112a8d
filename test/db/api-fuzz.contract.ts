/**
 * Every operation of the OpenAPI document with hostile input, on a real database: the answer is always one that the
 * document lists, never a 500, and an error has the body that all errors have. Bounded, and the same each time.
 */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { LightMyRequestResponse } from 'fastify';
import { ERRORS } from '../../src/errors.ts';
import { seededRandom } from '../../src/core/random.ts';
import type { Database } from '../../src/database/database-port.ts';
import { startLiveControl, type LiveControl } from '../support/live-control.ts';

interface Schema {
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly examples?: readonly unknown[];
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly format?: string;
}

interface Operation {
  readonly method: string;
  readonly path: string;
  readonly id: string;
  readonly statuses: ReadonlySet<number>;
  readonly pathNames: readonly string[];
  readonly queryNames: readonly string[];
  readonly body: Schema | null;
}

interface Call {
  readonly method: string;
  readonly url: string;
  readonly headers?: Record<string, string>;
  /** As sent. */
  readonly text?: string;
}

const POOL =
  'pools: { web: { backends: [{ url: "http://10.0.0.1:80", id: a }, { url: "http://10.0.0.2:80", id: b }] } }\n';

const TEXTS: readonly string[] = [
  '',
  ' ',
  '\0',
  'a\0b',
  '\n',
  '\r\nx: y',
  '\u202e',
  '\u0085',
  '💥',
  '\ud800',
  'é',
  '%',
  '%_',
  '\\',
  '"',
  "' OR 1=1 --",
  'Infinity',
  '-Infinity',
  '1e309',
  '-1e309',
  'NaN',
  '-1',
  '0',
  '-0',
  '1.5',
  '1e3',
  '0x10',
  '007',
  'true',
  'null',
  '[]',
  '9007199254740993',
  '2147483648',
  '9223372036854775808',
  '99999999999999999999',
  '1e-320',
  '{}',
  '*',
  '::',
  '1.2.3.4/99',
  '__proto__',
  'constructor',
  'toString',
  '..',
  '../..',
  '2026-02-31T00:00:00Z',
  '+275760-09-13T00:00:00Z',
  'x'.repeat(700),
  '10.0.0.1',
  '10.0.0.0/8',
  'a',
  'web',
  'http://10.0.0.1:80',
];
/** Parts of a path, not decoded before. */
const RAW_PARTS = ['%00', '%ff', '%', '%c0%ae', '%2e%2e', '%2f', 'a;b', '%u0041', '%e2%28%a1', '{', '%0d%0a'];
/** JSON as sent: it includes numbers that JavaScript cannot write. */
const JSON_TEXTS = [
  '1e400',
  '-1e400',
  '1e-400',
  '9007199254740993',
  '1.5',
  '0',
  '-1',
  '-0',
  'true',
  'false',
  'null',
  '[]',
  '{}',
  '[[]]',
  '{"__proto__":{}}',
  '{"constructor":{"prototype":{}}}',
  '{"Scheme":1,"Host":null}',
  '1',
  '100',
  '99999999999999999999',
  ...TEXTS.map((text) => JSON.stringify(text)),
];
const BODIES = [
  '',
  '{',
  'null',
  '[]',
  '"x"',
  '1',
  '{}',
  '{"__proto__":1}',
  '\u0000',
  `{"a":${'['.repeat(5000)}${']'.repeat(5000)}}`,
  `{${Array.from({ length: 2000 }, (_, at) => `"k${at}":1`).join(',')}}`,
  '{"capacity":1,"capacity":2}',
  '\ufeff{}',
];
const TAGS = ['*', '"1"', 'W/"1"', '"', '1', '"1", "2"', '', '"99999999999999999999"', ',', '"a,b"', '\u00ff'];

/** Some thousands of calls, most of which the database sees. */
const LONG = { timeout: 240_000 };

export function apiFuzzContract(open: () => Database): void {
  it(
    'whatever is sent to any operation, the answer is documented and no 500, and everything can still be read',
    LONG,
    async (t) => {
      const control = await startLiveControl(t, POOL, undefined, open());
      const operations = await operationsOf(control);
      assert.ok(operations.length > 50, `${operations.length} operations`);
      const random = seededRandom(18);
      const faults: string[] = [];
      let calls = 0;
      for (const operation of operations) {
        for (const call of callsOf(operation, random)) {
          calls += 1;
          const fault = faultOf(operation, await send(control, call));
          if (fault !== null)
            faults.push(`${call.method} ${call.url.slice(0, 120)} ${call.text?.slice(0, 120) ?? ''}: ${fault}`);
        }
      }
      assert.deepEqual(faults.slice(0, 20), [], `${faults.length} of ${calls} calls`);
      for (const url of [
        '/v1/api/clients',
        '/v1/api/backends',
        '/v1/api/audit',
        '/v1/api/metrics',
        '/clients',
        '/list',
      ]) {
        assert.equal((await control.send('GET', url)).statusCode, 200, url);
      }
    },
  );
}

async function operationsOf({ send: ask }: LiveControl): Promise<readonly Operation[]> {
  const { paths } = (await ask('GET', '/docs/json')).json<{
    paths: Record<string, Record<string, Record<string, unknown>>>;
  }>();
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]): Operation => {
      const parameters = (operation['parameters'] ?? []) as { in: string; name: string }[];
      const names = (where: string): string[] => parameters.filter((each) => each.in === where).map(({ name }) => name);
      const content = (operation['requestBody'] as { content?: Record<string, { schema: Schema }> } | undefined)
        ?.content;
      return {
        method: method.toUpperCase(),
        path,
        id: String(operation['operationId']),
        statuses: new Set(Object.keys(operation['responses'] as object).map(Number)),
        pathNames: names('path'),
        queryNames: names('query'),
        body: content === undefined ? null : (Object.values(content)[0]?.schema ?? {}),
      };
    }),
  );
}

function* callsOf(operation: Operation, random: () => number): Generator<Call> {
  const { method, path, pathNames, queryNames, body } = operation;
  const json = { 'content-type': 'application/json' };
  const at = (parts: Readonly<Record<string, string>> = {}): string =>
    path.replaceAll(/\{(\w+)\}/g, (_, name: string) => parts[name] ?? 'a');
  const base = body === null ? undefined : exampleOf(body);
  const with1 = (url: string, text = base): Call =>
    text === undefined ? { method, url } : { method, url, headers: json, text };

  yield with1(at());
  for (const name of pathNames) {
    for (const part of [...someOf(TEXTS, random).map(encoded), ...RAW_PARTS]) yield with1(at({ [name]: part }));
  }
  for (const name of queryNames) {
    for (const text of TEXTS) yield with1(`${at()}?${name}=${encoded(text)}`);
    for (const raw of ['%00', '%ff', '%', '1&x=2']) yield with1(`${at()}?${name}=${raw}`);
    yield with1(`${at()}?${name}=1&${name}=2`);
    yield with1(`${at()}?${name}[a]=1`);
  }
  yield with1(`${at()}?unknown=1`);
  for (const tag of pathNames.length === 0 ? [] : TAGS) {
    yield { ...with1(at()), headers: { ...json, 'if-match': tag } };
    yield { ...with1(at()), headers: { ...json, 'if-none-match': tag } };
  }
  for (const text of ['\u0001', 'x'.repeat(700), '%00', ''])
    yield { ...with1(at()), headers: { ...json, 'x-client-id': text } };
  if (body === null) {
    if (method !== 'GET') for (const text of BODIES) yield { method, url: at(), headers: json, text };
    return;
  }
  for (const text of BODIES) yield { method, url: at(), headers: json, text };
  for (const type of [
    'text/plain',
    'application/xml',
    'application/json; charset=latin1',
    'multipart/form-data',
    '*',
  ]) {
    yield { method, url: at(), headers: { 'content-type': type }, text: base! };
  }
  const properties = Object.entries(body.properties ?? {});
  for (const [name] of properties) {
    for (const value of someOf(JSON_TEXTS, random)) yield with1(at(), changed(body, { [name]: value }));
  }
  for (let round = 0; round < 10 && properties.length > 0; round += 1) {
    const some = properties.filter(() => random() < 0.5).map(([name]) => [name, pick(JSON_TEXTS, random)] as const);
    yield with1(at(), changed(body, Object.fromEntries(some)));
  }
}

const encoded = (text: string): string => encodeURIComponent(text.toWellFormed());
/** A third, others each time. */
const someOf = <T>(all: readonly T[], random: () => number): readonly T[] => all.filter(() => random() < 1 / 3);
const pick = <T>(all: readonly T[], random: () => number): T => all[Math.floor(random() * all.length)]!;

/** JSON text of a valid body, or nearly so. */
function exampleOf(body: Schema): string {
  return changed(body, {});
}

function changed({ properties = {} }: Schema, values: Readonly<Record<string, string>>): string {
  const fields = Object.entries(properties)
    .filter(([name]) => !['ip_address', 'rate_per_sec'].includes(name) || name in values)
    .map(([name, schema]) => `${JSON.stringify(name)}:${values[name] ?? JSON.stringify(valueOf(name, schema))}`);
  return `{${fields.join(',')}}`;
}

function valueOf(name: string, { type, enum: words, examples, minimum, format }: Schema): unknown {
  if (name === 'pool') return 'web';
  if (name === 'action') return 'drain';
  if (examples !== undefined) return examples[0];
  if (words !== undefined) return words[0];
  const [first] = [type ?? 'string'].flat();
  if (first === 'boolean') return false;
  if (first === 'integer' || first === 'number') return Math.max(minimum ?? 1, 1);
  return format === 'ip-or-cidr' ? '10.0.0.1' : 'a';
}

function send({ app }: LiveControl, { method, url, headers = {}, text }: Call): Promise<LightMyRequestResponse> {
  return app.inject({
    method: method as 'GET',
    url,
    headers,
    ...(text === undefined || text === '' ? {} : { payload: text }),
  });
}

/** What is wrong with an answer; null: nothing. */
function faultOf({ statuses, id }: Operation, answer: LightMyRequestResponse): string | null {
  const { statusCode: status, body } = answer;
  if (status >= 500) return `${status} ${body.slice(0, 200)}`;
  // An empty or decoded part of a path may lead to another operation, or to none.
  if (!statuses.has(status) && ![200, 304, 404, 405, 400, 415, 413].includes(status))
    return `${status} is not documented`;
  if (status < 400 || id.startsWith('compat')) return null;
  const { code, error } = answer.json<{ code?: number; error?: string }>();
  if (code !== status || ERRORS[error as keyof typeof ERRORS]?.[0] !== status)
    return `no error body: ${body.slice(0, 200)}`;
  return null;
}
