/** The key that encrypts private keys in the database: configured, else kept in a file next to an embedded database. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { createFile, fileFailure, UnusableFile } from '../../runtime/create-file.ts';
import { makeFolder } from '../../runtime/make-folder.ts';
import { readStart } from '../../runtime/read-start.ts';

const FILE = 'acme-storage.key';
const KEY_BYTES = 32;

/**
 * @param configured hex; null: the one in the folder, made if there is none. Throws Error with the reason if it cannot
 *   be read or written.
 */
export function storageKey(configured: string | null, folder: string): Uint8Array {
  if (configured !== null) return Buffer.from(configured, 'hex');
  const path = join(folder, FILE);
  try {
    return read(path) ?? make(path, folder);
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error)) throw error;
    throw new UnusableFile(`"${path}" cannot be used: ${fileFailure(error)}`, { cause: error });
  }
}

/** Undefined: there is none. */
function read(path: string): Uint8Array | undefined {
  let text: string;
  try {
    text = readStart(path, 1024).toString('latin1').trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  if (/^[0-9a-f]{64}$/.test(text)) return Buffer.from(text, 'hex');
  throw new UnusableFile(`"${path}" is damaged; restore it, or remove it to have all certificates ordered again`);
}

/** If another process has just made one, that. */
function make(path: string, folder: string): Uint8Array {
  makeFolder(folder, 0o700);
  createFile(path, `${randomBytes(KEY_BYTES).toString('hex')}\n`);
  return read(path)!;
}
