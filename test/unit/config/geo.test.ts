/** Locations of clients, in the configuration. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { warningsOf } from '../../../src/config/check/warnings.ts';
import { contentFilesOf } from '../../../src/config/content-files.ts';
import { ConfigError, loadWithReferences } from '../../../src/config/load.ts';
import { toFile } from '../../../src/config/to-file.ts';
import { PemFiles } from '../../../src/certificates/pem-files.ts';
import { POOL, problemsOf } from '../../support/config-problems.ts';

function folderWith(t: TestContext, table: string): string {
  const cwd = mkdtempSync(join(tmpdir(), 'sluice-geo-'));
  t.after(() => rmSync(cwd, { recursive: true }));
  writeFileSync(join(cwd, 'geo.txt'), table);
  return cwd;
}

const around = (cwd: string) => ({ env: {}, flags: {}, cwd });
const TEXT = `${POOL}geo: { table: geo.txt }\n`;

test('a table is read with the configuration, and its contents are not shown', (t) => {
  const cwd = folderWith(t, '10.0.0.0/8 DE\n::/0 AT\n');
  const { settings } = loadWithReferences(TEXT, 'c.yaml', around(cwd));
  assert.deepEqual(settings.geo.tableContent?.locations, ['DE', 'AT']);
  assert.deepEqual(toFile(settings)['geo'], { table: 'geo.txt' });
  const [file] = contentFilesOf(settings);
  assert.equal(file!.readAgain(new PemFiles(cwd)), file!.content);
  writeFileSync(join(cwd, 'geo.txt'), '10.0.0.0/8 FR\n');
  assert.notEqual(file!.readAgain(new PemFiles(cwd)), file!.content);
});

test('a table that cannot be used is refused with the line of the key, that of the table, and the reason', (t) => {
  const cwd = folderWith(t, '# ours\n10.0.0.0/8\n');
  const problems = (text: string): readonly string[] => {
    try {
      loadWithReferences(text, 'c.yaml', around(cwd));
      return [];
    } catch (error) {
      assert.ok(error instanceof ConfigError);
      return error.problems.map(({ line, path, message }) => `${line} ${path}: ${message}`);
    }
  };
  assert.deepEqual(problems(TEXT), [
    '2 geo.table: "geo.txt" line 2: "10.0.0.0/8" has no location after the block, as in "192.0.2.0/24 DE"',
  ]);
  assert.deepEqual(problems(TEXT.replace('geo.txt', 'none.txt')), [
    '2 geo.table: "none.txt" cannot be read: the file does not exist',
  ]);
});

test('a text from someone who may not know which files exist opens no table', (t) => {
  const cwd = folderWith(t, 'secret');
  const asked = loadWithReferences(TEXT, 'c.yaml', { ...around(cwd), onlyFiles: [] });
  assert.equal(asked.settings.geo.tableContent, null);
  assert.deepEqual(
    asked.fileWarnings.map(({ key }) => key),
    ['geo.table'],
  );
});

test('an unchanged table is not parsed again', (t) => {
  const cwd = folderWith(t, '10.0.0.0/8 DE\n');
  const first = loadWithReferences(TEXT, 'c.yaml', around(cwd)).settings.geo.tableContent!;
  const load = () =>
    loadWithReferences(TEXT, 'c.yaml', { ...around(cwd), knownTable: first }).settings.geo.tableContent;
  assert.equal(load(), first);
  writeFileSync(join(cwd, 'geo.txt'), '10.0.0.0/8 FR\n');
  assert.deepEqual(load()?.locations, ['FR']);
});

test('match.geo needs a source of locations, and names of them', () => {
  const routes = (geo: string): string => `${POOL}routes: [{ pool: default, match: { geo: ${geo} } }]\n`;
  assert.deepEqual(problemsOf(routes('[DE]')), [
    'c.yaml:2:41: routes.0.match.geo: needs geo.header or geo.table: no location is known without',
  ]);
  assert.deepEqual(problemsOf(`geo: { header: cf-ipcountry }\n${routes('[DE, eu/at]')}`), []);
  assert.match(
    problemsOf(`geo: { header: cf-ipcountry }\n${routes('["New York"]')}`)[0]!,
    /match\.geo\.0: .*letters, digits/,
  );
  assert.match(problemsOf(`geo: { header: "a b" }\n${routes('[DE]')}`).join(), /geo\.header: [^,]*$/);
  const twins = `geo: { header: g }\n${POOL}routes:
  - { pool: default, match: { geo: [DE, at] } }
  - { name: b, pool: default, match: { geo: [AT, de] } }
`;
  assert.match(problemsOf(twins)[0]!, /routes\.1: matches exactly what routes\.0 matches/);
});

test('a header that no proxy may state is warned about', () => {
  const warned = (text: string): readonly string[] =>
    warningsOf(loadWithReferences(`${POOL}${text}`, 'c.yaml', around('/')).settings).map(({ key }) => key);
  assert.deepEqual(warned('geo: { header: CF-IPCountry }'), ['geo.header']);
  assert.deepEqual(warned('geo: { header: CF-IPCountry }\nserver: { trust_proxy: [10.0.0.0/8] }'), []);
});

test('a route without a name is called by its locations', () => {
  const text = `geo: { header: CF-IPCountry }\n${POOL}routes: [{ pool: default, match: { geo: [DE, AT] } }]\n`;
  const { settings } = loadWithReferences(text, 'c.yaml', around('/'));
  assert.equal(settings.routes[0]!.name, '/ [geo=DE,AT]');
  assert.equal(settings.geo.header, 'cf-ipcountry');
});
