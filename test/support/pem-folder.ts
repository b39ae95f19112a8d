/** Files of certificates and keys for one test. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

/** @returns writes a file, and returns its path. */
export function pemFolder(t: Pick<TestContext, 'after'>): (name: string, text: string) => string {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-pem-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return (name, text) => {
    const file = join(folder, name);
    writeFileSync(file, text);
    return file;
  };
}
