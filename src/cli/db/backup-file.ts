/**
 * The file that `sluice backup` writes: one line of JSON about the gateway, then a whole export of its database. The line
 * has the digest of the export, and one of its own, so that a damaged file is recognized before anything is
 * written.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';

const FORMAT = 'sluice-backup';
const VERSION = 1;
/** Configurations have at most 4 MiB; JSON may double that. */
const MAX_HEAD_BYTES = 16 * 1024 * 1024;

/** A file that the configuration names: not part of the backup. */
export interface NamedFile {
  /** As in the configuration. */
  readonly name: string;
  readonly sha256: string;
}

export interface BackupHead {
  /** RFC 3339. */
  readonly createdAt: string;
  /** Of Sluice. */
  readonly by: string;
  /** As it was written, variables not filled in; null: there was none. */
  readonly config: { readonly name: string; readonly text: string } | null;
  readonly files: readonly NamedFile[];
  readonly rowsSha256: string;
}

export function backupLine(head: BackupHead): string {
  const content = JSON.stringify(head);
  return `${JSON.stringify({ format: FORMAT, version: VERSION, sha256: sha256Of(content), content })}\n`;
}

export interface OpenedBackup {
  readonly head: BackupHead;
  /** Where the rows begin. Bytes. */
  readonly rowsAt: number;
}

/** Reads all of it; throws with the reason if it is no whole backup. */
export async function openBackup(path: string): Promise<OpenedBackup> {
  const line = await firstLine(path);
  const { format, version, sha256, content } = parseObject(line) ?? {};
  if (format !== FORMAT) throw new BrokenBackup('this is not a file of sluice backup');
  if (version !== VERSION) {
    throw new BrokenBackup(
      `version ${String(version)} of the format is not supported; this Sluice supports version ${VERSION}`,
    );
  }
  if (typeof content !== 'string' || sha256Of(content) !== sha256) throw new BrokenBackup('its first line is damaged');
  const head = JSON.parse(content) as BackupHead;
  const rowsAt = Buffer.byteLength(line) + 1;
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { start: rowsAt })) hash.update(chunk as Buffer);
  if (hash.digest('hex') !== head.rowsSha256) throw new BrokenBackup('its rows are damaged, or it was cut short');
  return { head, rowsAt };
}

export class BrokenBackup extends Error {
  override readonly name = 'BrokenBackup';
}

export function sha256Of(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}

async function firstLine(path: string): Promise<string> {
  const handle = await open(path);
  try {
    let text = Buffer.alloc(0);
    for (;;) {
      const { bytesRead, buffer } = await handle.read(Buffer.alloc(65_536), 0, 65_536, text.length);
      text = Buffer.concat([text, buffer.subarray(0, bytesRead)]);
      const end = text.indexOf(10);
      if (end !== -1) return text.subarray(0, end).toString('utf8');
      if (bytesRead === 0 || text.length > MAX_HEAD_BYTES) return '';
    }
  } finally {
    await handle.close();
  }
}

function parseObject(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}
