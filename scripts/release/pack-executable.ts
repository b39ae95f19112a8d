/**
 * `node scripts/release/pack-executable.ts EXECUTABLE FOLDER`: an archive of it in the folder, with its man page and the licences,
 * named by version and platform: `sluice-1.2.3-linux-x64.tar.gz`.
 */
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

const root = join(import.meta.dirname, '../..');
const [executable, folder] = process.argv.slice(2);
if (executable === undefined || folder === undefined) {
  console.error('expected the executable and a folder');
  process.exit(1);
}
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
const name = `sluice-${version}-${process.platform}-${process.arch}`;
/** Beside bin/ in Node's distributions. */
const nodeLicense = join(dirname(process.execPath), '../LICENSE');

const temporary = mkdtempSync(join(tmpdir(), 'sluice-pack-'));
try {
  const contents = join(temporary, name);
  mkdirSync(contents);
  copyFileSync(executable, join(contents, 'sluice'));
  copyFileSync(join(root, 'LICENSE'), join(contents, 'LICENSE'));
  copyFileSync(join(root, 'docs/man/sluice.1'), join(contents, 'sluice.1'));
  if (existsSync(nodeLicense)) copyFileSync(nodeLicense, join(contents, 'LICENSE.node'));
  mkdirSync(folder, { recursive: true });
  const archive = resolve(folder, `${name}.tar.gz`);
  execFileSync('tar', ['--create', '--gzip', '--owner=0', '--group=0', '--file', archive, name], { cwd: temporary });
  console.log(archive);
} finally {
  rmSync(temporary, { recursive: true, force: true });
}
