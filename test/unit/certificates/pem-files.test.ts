import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileStampSync } from '../../../src/certificates/file-stamp.ts';
import { PemFiles } from '../../../src/certificates/pem-files.ts';
import { pemFolder } from '../../support/pem-folder.ts';

test('a file is read whole, with its stamp', (t) => {
  const write = pemFolder(t);
  const files = new PemFiles('/');
  for (const text of ['', 'short', 'ü'.repeat(100_000)]) {
    const path = write(`of-${text.length}`, text);
    assert.equal(files.read(path), text);
    assert.equal(files.stamp(path), fileStampSync(path));
  }
  const large = write('large', 'x'.repeat(1024 * 1024 + 1));
  assert.throws(() => files.read(large), /^Error: is larger than 1048576 bytes$/);
});

test('what is no file is refused, with its stamp', async (t) => {
  const folder = dirname(pemFolder(t)('any', ''));
  const socket = createServer().listen(join(folder, 'socket'));
  t.after(() => socket.close());
  await once(socket, 'listening');
  const files = new PemFiles('/');
  for (const [name, reason] of [
    ['', 'it is a folder'],
    ['none', 'the file does not exist'],
    ['any/below', 'part of its path is not a folder'],
    ['socket', 'it is not a file'],
  ] as const) {
    const path = join(folder, name);
    assert.throws(() => files.read(path), { message: `cannot be read: ${reason}` });
    assert.equal(files.stamp(path), fileStampSync(path));
  }
});
