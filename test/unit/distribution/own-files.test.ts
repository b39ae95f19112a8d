import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { hasOwnFile, IS_EXECUTABLE, listOwnFolder, readOwnFile } from '../../../src/distribution/own-files.ts';

const folder = join(import.meta.dirname, '../../../drizzle/migrations');

// Inside the executable: test/operations/executable.test.ts.
describe('files that ship with Sluice, beside its code', () => {
  it('are read and listed, also those in deeper folders', () => {
    const names = listOwnFolder(folder);
    assert.ok(names.includes('sqlite/0000_tables.sql'), names.join());
    assert.match(readOwnFile(join(folder, 'sqlite/0000_tables.sql')).toString(), /create table/i);
    assert.deepEqual(listOwnFolder(`${folder}/sqlite/`).toSorted()[0], '0000_tables.sql');
  });

  it('may be missing', () => {
    assert.equal(hasOwnFile(join(folder, 'sqlite/0000_tables.sql')), true);
    assert.equal(hasOwnFile(join(folder, 'none')), false);
    assert.throws(() => readOwnFile(join(folder, 'none')), { code: 'ENOENT' });
    assert.throws(() => listOwnFolder(join(folder, 'none')), { code: 'ENOENT' });
  });

  it('are not looked for inside a Node that is no executable', () => {
    assert.equal(IS_EXECUTABLE, false);
    assert.throws(() => readOwnFile(`${process.execPath}/package.json`), { code: 'ENOTDIR' });
  });
});
