import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { endLine, headerLine, noRows, readTransferFile, rowLine } from '../../../../src/cli/db/transfer-file.ts';
import type { TransferRecord } from '../../../../src/database/transfer.ts';
import { temporaryFolder } from '../../../support/sluice-process.ts';

const AT = '2026-01-31T12:00:00.123456+00:00';
const ROWS = {
  client: {
    key: 'alice',
    kind: 'id',
    name: null,
    capacity: 5,
    rate_per_second: 1,
    algorithm: 'token-bucket',
    window_seconds: null,
    enabled: true,
    api_key_hash: 'a'.repeat(64),
    version: 1,
    created_at: AT,
    updated_at: AT,
  },
  backend: {
    id: 'b1',
    pool: 'default',
    url: 'http://b:1',
    weight: null,
    enabled: null,
    draining: null,
    backup: null,
    max_in_flight: null,
    version: 1,
    created_at: AT,
    updated_at: AT,
  },
  level: { key: 'alice', tokens: 0.5, saved_at: AT },
  audit: {
    id: 1,
    at: AT,
    actor: 'jo',
    role: 'none',
    address: '::1',
    action: 'createClient',
    target: null,
    status: 401,
    before: null,
    after: { any: ['thing'] },
    request_id: 'r',
  },
} as const;

const HEADER = headerLine(new Date(0));
const line = (type: keyof typeof ROWS, change: object = {}) =>
  rowLine(type, JSON.stringify({ ...ROWS[type], ...change }));
const end = (counts: object = {}) => endLine({ ...noRows(), ...counts });

async function read(t: TestContext, ...lines: string[]) {
  const file = join(temporaryFolder(t), 'export.ndjson');
  writeFileSync(file, lines.join(''));
  const problems: string[] = [];
  const records: TransferRecord[] = [];
  for await (const record of readTransferFile(file, ({ message }) => problems.push(message))) records.push(record);
  return { problems, records };
}

test('written files are read', async (t) => {
  const types = Object.keys(ROWS) as (keyof typeof ROWS)[];
  const written = [HEADER, ...types.map((type) => line(type)), end({ client: 1, backend: 1, level: 1, audit: 1 })];
  const { problems, records } = await read(t, ...written);
  assert.deepEqual(problems, []);
  assert.deepEqual(
    records,
    types.map((type) => ({ type, row: ROWS[type] })),
  );
});

test('lines end at line feeds alone, with or without a carriage return', async (t) => {
  const name = 'one\u2028two\u2029three\u0085four';
  const { problems, records } = await read(
    t,
    HEADER.replace('\n', '\r\n'),
    line('client', { name }),
    end({ client: 1 }),
  );
  assert.deepEqual(problems, []);
  assert.equal(records[0]?.row['name'], name);
});

test('a sliding window has any rate, because it is only its average', async (t) => {
  const window = { algorithm: 'sliding-window', window_seconds: 1, capacity: 1e9 };
  for (const rate_per_second of [1e9, 1e-9]) {
    const { problems } = await read(t, HEADER, line('client', { ...window, rate_per_second }), end({ client: 1 }));
    assert.deepEqual(problems, []);
  }
});

test('an empty file is valid if it says so', async (t) => {
  assert.deepEqual(await read(t, HEADER, end()), { problems: [], records: [] });
});

test('a file of another kind is reported once', async (t) => {
  for (const text of ['', 'hello\nworld\n', '{"a":1}\n{}\n', '[1]\n']) {
    const { problems } = await read(t, text);
    assert.equal(problems.length, 1, text);
    assert.match(problems[0]!, /line 1: (this is not a file of sluice db export|the end is missing)/);
  }
});

test('a later version of the format is refused', async (t) => {
  const { problems } = await read(t, '{"format":"sluice-export","version":2}\n', end());
  assert.deepEqual(problems, ['line 1: version 2 of the format is not supported; this Sluice supports version 1']);
});

test('a file cut short is refused, between two lines and within one', async (t) => {
  assert.deepEqual((await read(t, HEADER, line('client'))).problems, [
    'line 3: the end is missing: the file was cut short',
  ]);
  assert.deepEqual((await read(t, HEADER, line('client').slice(0, 50))).problems, [
    'line 2: not a JSON object',
    'line 3: the end is missing: the file was cut short',
  ]);
});

test('lines lost in the middle, or added behind the end, are seen', async (t) => {
  assert.deepEqual((await read(t, HEADER, line('client'), end({ client: 2 }))).problems, [
    'line 3: client: says 2, but there are 1',
  ]);
  assert.deepEqual((await read(t, HEADER, end(), line('client'))).problems, ['line 3: nothing may follow the end']);
});

const MISTAKES: readonly (readonly [name: string, type: keyof typeof ROWS, change: object, message: RegExp])[] = [
  ['a key of another kind', 'client', { kind: 'ip' }, /^key: this is the id alice$/],
  [
    'an address not in its canonical form',
    'client',
    { key: '10.1.2.3/8', kind: 'cidr' },
    /this is the cidr 10\.0\.0\.0\/8$/,
  ],
  ['a key that can name nobody', 'client', { key: 'a b' }, /^key: not an IP address, CIDR block or client id$/],
  ['capacity 0', 'client', { capacity: 0 }, /^capacity: must be a number from 1 to 1000000000, found 0$/],
  ['a number as text', 'client', { rate_per_second: '1' }, /^rate_per_second: must be a number/],
  ['a name that the API refuses', 'client', { name: 'x'.repeat(201) }, /^name: /],
  ['text that PostgreSQL cannot store', 'audit', { target: 'a\0' }, /^text with a character of code 0/],
  ['a year that only text could have', 'audit', { at: '9999-12-31T23:59:59-01:00' }, /^at: must be a time such as/],
  ['a bucket that would take years', 'client', { capacity: 1e9, rate_per_second: 0.1 }, /^rate_per_second: too slow/],
  ['a column that does not exist', 'client', { colour: 'red' }, /^colour: is not a known field/],
  ['a column that is missing', 'client', { enabled: undefined }, /^enabled: is required/],
  ['a hash that is none', 'client', { api_key_hash: 'x' }, /^api_key_hash: must be/],
  [
    'a day that does not exist',
    'client',
    { created_at: '2026-13-01T00:00:00Z' },
    /^created_at: must be a time such as/,
  ],
  ['a version that cannot count on', 'client', { version: 2 ** 53 }, /^version: must be a whole number/],
  ['a URL that is none', 'backend', { url: 'ftp://b' }, /^url: it is not http, https or h2c$/],
  [
    'a URL that is stored otherwise',
    'backend',
    { url: 'h2c://b' },
    /^url: write http:\/\/; its pool has protocol: h2c$/,
  ],
  ['a URL without a pool', 'backend', { pool: null }, /^pool: is required with a url$/],
  ['weight 0', 'backend', { weight: 0 }, /^weight: must be a whole number from 1 to 1000 or null, found 0$/],
  ['a level of nobody', 'level', { key: 'bob' }, /^key: no client with this key appears above$/],
  ['a negative level', 'level', { tokens: -1 }, /^tokens: must be a number/],
  ['a role that does not exist', 'audit', { role: 'root' }, /^role: must be one of viewer, operator, admin, none/],
];
for (const [name, type, change, message] of MISTAKES) {
  test(`${name} is reported with its line, and the row is left out`, async (t) => {
    const { problems, records } = await read(t, HEADER, line('audit'), line(type, change), end({ audit: 1 }));
    const [first = ''] = problems.filter((problem) => !problem.startsWith('line 4'));
    assert.match(first, /^line 3: /);
    assert.match(first.slice('line 3: '.length), message);
    assert.equal(records.length, 1);
  });
}

test('several mistakes of a line are reported together, those of other lines each at theirs', async (t) => {
  const { problems } = await read(
    t,
    HEADER,
    line('client', { capacity: 0, enabled: 'yes' }),
    '{"type":"cat"}\n',
    '5\n',
    end({ client: 1 }),
  );
  assert.deepEqual(
    problems.map((problem) => problem.replaceAll(/must be[^;]*/g, '…')),
    ['line 2: capacity: …; enabled: …', 'line 3: type: …', 'line 4: not a JSON object'],
  );
});

test('a duplicate is reported with the line of the first', async (t) => {
  const { problems } = await read(
    t,
    HEADER,
    line('client'),
    line('client', { api_key_hash: null }),
    line('client', { key: 'bob' }),
    line('backend'),
    line('backend'),
    line('level'),
    line('level'),
    end({ client: 3, backend: 2, level: 2 }),
  );
  assert.deepEqual(problems, [
    'line 3: key: the same as in line 2',
    'line 4: api_key_hash: the same as in line 2',
    'line 6: id: the same as in line 5',
    'line 8: key: the same as in line 7',
  ]);
});
