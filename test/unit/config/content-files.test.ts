import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import { PemFiles } from '../../../src/certificates/pem-files.ts';
import { contentFilesOf } from '../../../src/config/content-files.ts';
import { loadWithReferences } from '../../../src/config/load.ts';
import { toFile } from '../../../src/config/to-file.ts';
import { POOL } from '../../support/config-problems.ts';
import { authority } from '../../support/issued.ts';

test('files of routes are read with the configuration, and their contents are not shown', (t) => {
  const cwd = mkdtempSync(join(tmpdir(), 'sluice-content-'));
  t.after(() => rmSync(cwd, { recursive: true }));
  writeFileSync(join(cwd, 'down.html'), 'é');
  writeFileSync(join(cwd, 'logo.png'), Buffer.from([0x89, 0xff]));
  const text = `${POOL}routes:
  - { path: /logo, respond: { file: logo.png } }
  - { pool: default, error_pages: { pages: { 404: down.html, 5xx: down.html } } }
`;
  const around = { env: {}, flags: {}, cwd };
  const { settings } = loadWithReferences(text, 'c.yaml', around);
  const files = contentFilesOf(settings).map(({ name, content }) => ({ name, content }));
  assert.deepEqual(files, [
    { name: 'logo.png', content: '\x89\xff' },
    { name: 'down.html', content: '\xc3\xa9' },
    { name: 'down.html', content: '\xc3\xa9' },
  ]);
  const routes = toFile(settings)['routes'] as readonly Readonly<Record<string, unknown>>[];
  assert.deepEqual(routes[0]!['respond'], { status: 200, file: 'logo.png', headers: {} });
  assert.deepEqual(routes[1]!['error_pages'], {
    pages: { 404: 'down.html', '5xx': 'down.html' },
    intercept: false,
  });
  // A text from someone who may not know which files exist.
  const asked = loadWithReferences(text, 'c.yaml', { ...around, onlyFiles: ['logo.png'] });
  assert.deepEqual(
    contentFilesOf(asked.settings).map(({ name }) => name),
    ['logo.png'],
  );
  assert.deepEqual(
    asked.fileWarnings.map(({ key }) => key),
    ['routes.1.error_pages.pages.404', 'routes.1.error_pages.pages.5xx'],
  );
});

test('so are the authorities of clients', (t) => {
  const cwd = mkdtempSync(join(tmpdir(), 'sluice-content-'));
  t.after(() => rmSync(cwd, { recursive: true }));
  const [first, second] = [authority().cert, authority().cert];
  writeFileSync(join(cwd, 'clients.pem'), first);
  const text = `${POOL}tls:
  client_auth: [{ hosts: [a.test], ca_file: clients.pem }]
  certificates: [{ hosts: [a.test], internal: true }]
`;
  const { settings } = loadWithReferences(text, 'c.yaml', { env: {}, flags: {}, cwd });
  const [file, ...others] = contentFilesOf(settings);
  assert.deepEqual([file?.name, file?.content, others], ['clients.pem', first, []]);
  writeFileSync(join(cwd, 'clients.pem'), second);
  assert.equal(file!.readAgain(new PemFiles(cwd)), second);
});
