/** Sets and removes TXT records for dns-01 (RFC 8555, 8.4) by a program of the operator. */
import { execFile, type ExecFileException } from 'node:child_process';
import { createHash } from 'node:crypto';
import { basename, resolve } from 'node:path';
import { promisify } from 'node:util';

const TIMEOUT_MS = 300_000;
const MAX_OUTPUT_BYTES = 65_536;
/** Of its output in an error. */
const MAX_SHOWN = 300;

export interface TxtRecord {
  /** `_acme-challenge.example.com` */
  readonly name: string;
  readonly value: string;
}

/** @param host without the `*.` of a wildcard */
export function txtRecord(host: string, keyAuthorization: string): TxtRecord {
  const value = createHash('sha256').update(keyAuthorization).digest('base64url');
  return { name: `_acme-challenge.${host}`, value };
}

/** Rejects with Error if it does not end with 0. */
export async function runDnsHook(
  hook: string,
  action: 'present' | 'cleanup',
  { name, value }: TxtRecord,
  signal: AbortSignal,
): Promise<void> {
  const options = { timeout: TIMEOUT_MS, maxBuffer: MAX_OUTPUT_BYTES, signal };
  try {
    await run(resolve(hook), [action, name, value], options);
  } catch (error) {
    throw new Error(`${basename(hook)} ${action} ${describe(error as ExecFileException)}`, { cause: error });
  }
}

const run = promisify(execFile);

/** How it ended, and what it said. */
function describe({ code, message, signal, stderr = '' }: ExecFileException): string {
  const how = signal ? `was ended by ${signal}` : (code ?? null) === null ? message : `ended with ${code}`;
  const output = stderr
    .trim()
    .replaceAll(/[\p{Cc}\p{Cf}]+/gu, ' ')
    .slice(0, MAX_SHOWN);
  return output === '' ? how : `${how}: ${output}`;
}
