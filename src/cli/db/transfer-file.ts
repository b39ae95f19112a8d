/**
 * The file that `sluice db export` writes: newline-delimited JSON. A header, a line per row, and a footer that counts
 * them, so that a truncated file is detected.
 */
import { createReadStream } from 'node:fs';
import { rowCheck } from './transfer-row.ts';
import { TRANSFERRED, type Transferred, type TransferRecord, type TransferRow } from '../../database/transfer.ts';

export type Counts = Readonly<Record<Transferred, number>>;

const FORMAT = 'sluice-export';
const VERSION = 1;

export function headerLine(exportedAt: Date): string {
  return `${JSON.stringify({ format: FORMAT, version: VERSION, exported_at: exportedAt.toISOString() })}\n`;
}

/** @param json an object, as text. */
export function rowLine(type: Transferred, json: string): string {
  return `{"type":"${type}",${json.slice(1)}\n`;
}

export function endLine(counts: Counts): string {
  return `${JSON.stringify({ type: 'end', ...counts })}\n`;
}

export function noRows(): Record<Transferred, number> {
  return Object.fromEntries(TRANSFERRED.map((type) => [type, 0])) as Record<Transferred, number>;
}

/** A mistake in the file, at its line. */
export class TransferProblem extends Error {
  override readonly name = 'TransferProblem';

  constructor(line: number, message: string) {
    super(`line ${line}: ${message}`);
  }
}

/**
 * The rows of a file. `onProblem` is called for everything that is wrong; a row with a mistake is left out.
 * @param onProblem may throw, to end at the first. @param start where they begin, bytes
 */
export async function* readTransferFile(
  path: string,
  onProblem: (problem: TransferProblem) => void,
  start = 0,
): AsyncIterable<TransferRecord> {
  const check = rowCheck();
  const counts = noRows();
  const unique = uniqueCheck();
  let at = 0;
  let hasEnded = false;
  for await (const line of linesOf(path, start)) {
    at += 1;
    const problem = (message: string): void => onProblem(new TransferProblem(at, message));
    const value = parseObject(line);
    if (at === 1) {
      const wrong = headerProblem(value);
      // In a file of another kind, every line would be wrong.
      if (wrong !== undefined) return problem(wrong);
    } else if (hasEnded) {
      problem('nothing may follow the end');
    } else if (value === undefined) {
      problem('not a JSON object');
    } else if (value['type'] === 'end') {
      hasEnded = true;
      const wrong = TRANSFERRED.filter((type) => (value[type] ?? 0) !== counts[type]);
      for (const type of wrong) problem(`${type}: says ${String(value[type])}, but there are ${counts[type]}`);
    } else {
      const { type, ...row } = value as TransferRow & { type?: unknown };
      if (!isTransferred(type)) {
        problem(`type: must be one of ${TRANSFERRED.join(', ')}, end`);
        continue;
      }
      counts[type] += 1;
      const wrong = check(type, row);
      const found = wrong.length > 0 ? wrong : unique(type, row, at);
      if (found.length > 0) problem(found.join('; '));
      else yield { type, row };
    }
  }
  if (!hasEnded) onProblem(new TransferProblem(at + 1, 'the end is missing: the file was cut short'));
}

/** `node:readline` also ends lines at U+2028 and U+2029, which JSON leaves unescaped. */
async function* linesOf(path: string, start: number): AsyncIterable<string> {
  let rest = '';
  for await (const chunk of createReadStream(path, { encoding: 'utf8', start }) as AsyncIterable<string>) {
    const [first = '', ...more] = chunk.split('\n');
    rest += first;
    for (const next of more) {
      yield rest;
      rest = next;
    }
  }
  if (rest !== '') yield rest;
}

function parseObject(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

function headerProblem(header: Readonly<Record<string, unknown>> | undefined): string | undefined {
  if (header?.['format'] !== FORMAT) return 'this is not a file of sluice db export';
  if (header['version'] === VERSION) return undefined;
  return `version ${String(header['version'])} of the format is not supported; this Sluice supports version ${VERSION}`;
}

function isTransferred(type: unknown): type is Transferred {
  return (TRANSFERRED as readonly unknown[]).includes(type);
}

/** What the database would refuse or misinterpret because of another line. */
function uniqueCheck(): (type: Transferred, row: TransferRow, line: number) => readonly string[] {
  const seen = new Map<string, number>();
  const once = (name: string, value: unknown, column: string, line: number): readonly string[] => {
    const before = seen.get(`${name} ${String(value)}`);
    seen.set(`${name} ${String(value)}`, before ?? line);
    return before === undefined ? [] : [`${column}: the same as in line ${before}`];
  };
  return (type, row, line) => {
    switch (type) {
      case 'client':
        return [
          ...once('client', row['key'], 'key', line),
          ...(row['api_key_hash'] === null ? [] : once('hash', row['api_key_hash'], 'api_key_hash', line)),
        ];
      case 'backend':
        return once('backend', row['id'], 'id', line);
      case 'level':
        if (!seen.has(`client ${String(row['key'])}`)) return ['key: no client with this key appears above'];
        return once('level', row['key'], 'key', line);
      case 'secret':
        return once('secret', row['name'], 'name', line);
      case 'certificate':
      case 'account':
      case 'upload':
      case 'quota':
        return once(type, row['id'], 'id', line);
      case 'order':
        return once(type, row['backend'], 'backend', line);
      case 'pushed':
        return once(type, row['pool'], 'pool', line);
      case 'audit':
        return [];
    }
  };
}
