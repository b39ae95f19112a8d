/**
 * Everything that the API accepted can be exported and imported again: bodies by its schema, in each kind of database.
 */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it, type TestContext } from 'node:test';
import { openDatabase } from '../../drizzle/open-database.ts';
import { endLine, headerLine, noRows, readTransferFile, rowLine } from '../../src/cli/db/transfer-file.ts';
import { ChangedBackendBody, NewBackendBody } from '../../src/backends/api/backend.ts';
import { ChangedClientBody, NewClientBody, ReplacedClientBody } from '../../src/limits/api/client.ts';
import type { Database } from '../../src/database/database-port.ts';
import type { TransferRecord } from '../../src/database/transfer.ts';
import { databaseSettings } from '../support/database-settings.ts';
import { gatewayYaml, startTestGateway, type TestGateway } from '../support/gateway.ts';
import { keptLog } from '../support/kept-log.ts';
import { startPostgresServer, type PostgresServer } from '../support/postgres-server.ts';
import { type Formats, valueOf } from '../support/schema-values.ts';
import { type Draw, seededDraw } from '../support/seeded.ts';
import { temporaryFolder } from '../support/sluice-process.ts';

const CALLS = 150;
const VISIBLE = String.fromCharCode(...Array.from({ length: 94 }, (_, at) => 0x21 + at));

const FORMATS: Formats = {
  'client-id': (draw, length) => draw.text(VISIBLE, Math.min(128, Math.max(1, length))),
  'ip-or-cidr': (draw) => {
    const four = Array.from({ length: 4 }, () => draw.below(256)).join('.');
    const six = Array.from({ length: 8 }, () => draw.below(65_536).toString(16)).join(':');
    return draw.of([four, `${four}/${draw.below(33)}`, six, `${six}/${draw.below(129)}`, '::1', '0.0.0.0/0']);
  },
  printable: (draw, length) => draw.text('aÄ"\\\'%_<&€  \ud800\u2028', length).slice(0, length),
  'backend-id': (draw, length) => `b${draw.text('aZ09._:-', Math.min(127, length))}`,
  'backend-url': (draw) => {
    const host = draw.of([
      `h${draw.below(999)}.example`,
      `10.0.0.${draw.below(256)}`,
      '[2001:db8::1]',
      'BÜCHER.example',
    ]);
    return `${draw.of(['http', 'https'])}://${host}:${1 + draw.below(65_535)}${draw.of(['', '/', '/base', '/ä', `/${'ü'.repeat(1500)}`])}`;
  },
};

/** Bodies and paths of every call that stores something; those that the API refuses do not count. */
async function call(
  gateway: TestGateway,
  draw: Draw,
  made: { clients: string[]; backends: string[] },
): Promise<boolean> {
  const value = (schema: object): Record<string, unknown> => {
    const body = valueOf(schema, draw, FORMATS) as Record<string, unknown>;
    // One of the two names of a client, an existing pool, and one name of the rate.
    if ('ip_address' in body && 'client_id' in body) delete body[draw.of(['ip_address', 'client_id'])];
    if ('rate_per_second' in body) delete body['rate_per_sec'];
    if (typeof body['pool'] === 'string') body['pool'] = 'default';
    return body;
  };
  const path = (prefix: string, keys: readonly string[]): string =>
    `${prefix}/${encodeURIComponent(draw.of([...keys, `x${draw.below(9)}`, `%${'y'.repeat(draw.below(3000))}`]))}`;
  const [method, url, body] = draw.of<() => readonly [string, string, object?]>([
    () => ['POST', '/v1/api/clients', value(NewClientBody)],
    () => ['POST', '/v1/api/clients', value(NewClientBody)],
    () => ['PUT', path('/v1/api/clients', made.clients), value(ReplacedClientBody)],
    () => ['PATCH', path('/v1/api/clients', made.clients), value(ChangedClientBody)],
    () => ['POST', '/v1/api/backends', value(NewBackendBody)],
    () => ['PATCH', path('/v1/api/backends', ['b0', ...made.backends]), value(ChangedBackendBody)],
    () => ['POST', `${path('/v1/api/backends', ['b0', ...made.backends])}/drain`],
    () => ['POST', '/client', { id: draw.text(VISIBLE, 1 + draw.below(128)), capacity: 1, refill_rate: 1e6 }],
    () => ['DELETE', path('/v1/api/clients', ['\0'])],
  ])();
  const headers = { 'x-request-id': draw.text(VISIBLE, 1 + draw.below(128)) };
  const answer = await gateway.admin(url, { method, headers, ...(body === undefined ? {} : { body }) });
  assert.ok(answer.status < 500, `${method} ${url} ${JSON.stringify(body)}: ${answer.body}`);
  if (answer.status !== 201) return answer.status < 300;
  const { key, id } = answer.json<{ key?: string; id?: string }>();
  if (url.startsWith('/v1/api/clients')) made.clients.push(key!);
  if (url.startsWith('/v1/api/backends')) made.backends.push(id!);
  return true;
}

async function exported(database: Database): Promise<string[]> {
  const lines: string[] = [];
  await database.transfer.read(async (rows) => void lines.push(...rows.map(({ type, json }) => rowLine(type, json))));
  return lines;
}

/** As `sluice db import` reads it: with every check. */
async function checked(t: TestContext, lines: readonly string[]): Promise<TransferRecord[]> {
  const counts = noRows();
  for (const line of lines) counts[(JSON.parse(line) as { type: 'client' }).type] += 1;
  const file = join(temporaryFolder(t), 'all.ndjson');
  writeFileSync(file, [headerLine(new Date(0)), ...lines, endLine(counts)].join(''));
  const problems: string[] = [];
  const records: TransferRecord[] = [];
  for await (const record of readTransferFile(file, ({ message }) => problems.push(message))) records.push(record);
  assert.deepEqual(problems, []);
  return records;
}

async function imported(database: Database, records: readonly TransferRecord[]): Promise<string[]> {
  async function* stream(): AsyncIterable<TransferRecord> {
    yield* records;
  }
  await database.transfer.write(stream(), 'merge');
  return exported(database);
}

/** Except for the order of keys, and for versions and the audit log's ids, which are assigned anew. */
const comparable = (lines: readonly string[]): unknown[] =>
  lines.map((line) => {
    const row = JSON.parse(line) as Record<string, unknown>;
    return row['type'] === 'audit' ? { ...row, id: 0 } : { ...row, version: 0 };
  });

describe('whatever the API accepted', () => {
  let server: PostgresServer;
  before(async () => (server = await startPostgresServer()));
  after(() => server.destroy());

  const open = async (t: TestContext, kind: string): Promise<Database> => {
    const where = kind === 'embedded' ? { dataDir: temporaryFolder(t) } : { url: await server.createDatabase() };
    const database = await openDatabase(databaseSettings(where), { log: keptLog() });
    t.after(() => database.close());
    return database;
  };

  for (const [seed, kind] of ['embedded', 'postgres'].entries()) {
    it(`is taken back from an export of the ${kind} database, into either kind, with nothing changed`, async (t) => {
      const database = await open(t, kind);
      const gateway = await startTestGateway(t, gatewayYaml(['http://127.0.0.1:9']), { threads: 1, database });
      const draw = seededDraw(seed);
      const made = { clients: [], backends: [] };
      let accepted = 0;
      for (let at = 0; at < CALLS; at += 1) accepted += (await call(gateway, draw, made)) ? 1 : 0;
      await gateway.admin('/v1/api/audit');
      assert.ok(accepted > CALLS / 3, `${accepted} of ${CALLS} accepted`);

      const lines = await exported(database);
      const records = await checked(t, lines);
      for (const target of ['embedded', 'postgres']) {
        const there = await imported(await open(t, target), records);
        assert.deepEqual(comparable(there), comparable(lines), `into ${target}`);
        assert.equal((await checked(t, there)).length, lines.length, 'and can be taken from there again');
      }
    });
  }
});
