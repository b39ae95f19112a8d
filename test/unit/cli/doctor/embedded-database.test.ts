import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { DatabaseSync } from 'node:sqlite';
import { openSqliteFile } from '../../../../drizzle/sqlite/sqlite-file.ts';
import { migrateSqlite } from '../../../../drizzle/sqlite/sqlite-migrations.ts';
import { checkDatabase } from '../../../../src/cli/doctor/services.ts';
import { databaseSettings } from '../../../support/database-settings.ts';

function folder(t: TestContext): string {
  // A name that a URL would read otherwise.
  const path = mkdtempSync(join(tmpdir(), 'sluice-look #1?-'));
  t.after(() => rmSync(path, { recursive: true }));
  return path;
}

/** A migrated file, closed. */
function migrated(t: TestContext): string {
  const dataDir = folder(t);
  const file = openSqliteFile(dataDir);
  migrateSqlite(file);
  file.close();
  return dataDir;
}

function change(dataDir: string, sql: string): void {
  const database = new DatabaseSync(join(dataDir, 'sluice.db'));
  database.exec(sql);
  database.close();
}

async function look(dataDir: string): Promise<string> {
  const before = readdirSync(dataDir);
  const [found, ...more] = await checkDatabase(databaseSettings({ url: null, dataDir }));
  assert.deepEqual(more, []);
  assert.deepEqual(readdirSync(dataDir), before, 'no file is made or removed');
  return `${found!.status}: ${found!.message.replaceAll(dataDir, 'DIR')}`;
}

describe('doctor looks at the embedded database:', () => {
  it('none yet', async (t) => {
    assert.equal(await look(folder(t)), 'ok: embedded, made in DIR by the first start');
  });

  it('one of this version', async (t) => {
    assert.equal(await look(migrated(t)), 'ok: embedded, in DIR, up to date');
  });

  it('one of an older version, whose migrations are due', async (t) => {
    const dataDir = migrated(t);
    change(dataDir, `delete from "sluice_migrations" where "name" = '0007_pool_members'`);
    assert.equal(
      await look(dataDir),
      'ok: embedded, in DIR, 1 migration is applied by the next start: 0007_pool_members',
    );
    change(dataDir, `delete from "sluice_migrations" where "name" > '0006'`);
    assert.match(await look(dataDir), /^ok: .*, 3 migrations are applied by the next start, 0006_quota_uses to 0007_/);
  });

  it('one of a newer version, with a migration that is unknown here', async (t) => {
    const dataDir = migrated(t);
    change(dataDir, `insert into "sluice_migrations" values ('9999_later', '')`);
    assert.match(await look(dataDir), /^error: DIR\/sluice\.db was written by a newer Sluice \(9999_later is unknown/);
  });

  it('one of another program, and a damaged one', async (t) => {
    const dataDir = folder(t);
    change(dataDir, 'create table "other" ("a")');
    assert.match(await look(dataDir), /^error: DIR\/sluice\.db is the database of another program/);
    writeFileSync(join(dataDir, 'sluice.db'), 'no database '.repeat(1000));
    assert.match(await look(dataDir), /^error: cannot open the database: DIR\/sluice\.db is damaged/);
  });

  it('one that a gateway has, and one that a gateway left', async (t) => {
    const dataDir = folder(t);
    const file = openSqliteFile(dataDir);
    t.after(() => file.close());
    migrateSqlite(file);
    if (process.platform === 'linux')
      assert.match(await look(dataDir), /^ok: embedded, in DIR, in use by process \d+,/);
    const left = join(dataDir, 'left');
    mkdirSync(left);
    // As after a crash.
    for (const name of ['sluice.db', 'sluice.db-wal']) copyFileSync(join(dataDir, name), join(left, name));
    assert.match(await look(left), /^ok: embedded, in DIR; the next start reads its log/);
  });
});
