/** Reads a set of keys from its source. Every failure is an Error with a reason for operators. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { fileReason } from '../../runtime/file-reason.ts';
import { discoveryUrl, keysUrlIn, type PublicJwk, publicKeysIn, refreshMs } from '../core/key-set.ts';
import type { KeySource } from '../key-source.ts';

export interface FetchedKeys {
  readonly keys: readonly PublicJwk[];
  readonly refreshMs: number;
}

const TIMEOUT_MS = 5000;
const MAX_BYTES = 1024 * 1024;
const FILE_REFRESH_MS = 10_000;

/**
 * @param cwd relative names of files start here
 * @param timeoutMs for all of it. Default: 5 s
 */
export async function fetchKeys(
  { kind, location }: KeySource,
  cwd: string,
  signal: AbortSignal,
  timeoutMs: number = TIMEOUT_MS,
): Promise<FetchedKeys> {
  if (kind === 'file') return { keys: keysIn(await readText(resolve(cwd, location))), refreshMs: FILE_REFRESH_MS };
  const all = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
  let url = location;
  if (kind === 'discovery') {
    const found = keysUrlIn(parse((await get(discoveryUrl(location), all)).text), location);
    if (typeof found === 'string') throw new Error(found);
    url = found.url;
  }
  const { text, cacheControl } = await get(url, all);
  return { keys: keysIn(text), refreshMs: refreshMs(cacheControl) };
}

async function readText(path: string): Promise<string> {
  const bytes = await readFile(path).catch((error: unknown) => {
    throw new Error(fileReason(error), { cause: error });
  });
  if (bytes.length > MAX_BYTES) throw new Error(`it is larger than ${MAX_BYTES} bytes`);
  return bytes.toString('utf8');
}

async function get(url: string, signal: AbortSignal): Promise<{ text: string; cacheControl: string | null }> {
  try {
    // A redirect could lead anywhere, such as to a service that only this machine can reach.
    const answer = await fetch(url, { headers: { accept: 'application/json' }, redirect: 'manual', signal });
    if (answer.status !== 200) {
      void answer.body?.cancel();
      throw new Error(`it answered ${answer.status}`);
    }
    return { text: await bodyOf(answer), cacheControl: answer.headers.get('cache-control') };
  } catch (error) {
    throw reasoned(error);
  }
}

async function bodyOf(answer: Response): Promise<string> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of answer.body ?? []) {
    bytes += piece.length;
    // Leaving the loop cancels the rest.
    if (bytes > MAX_BYTES) throw new Error(`its answer is larger than ${MAX_BYTES} bytes`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString('utf8');
}

function keysIn(text: string): readonly PublicJwk[] {
  const keys = publicKeysIn(parse(text));
  if (typeof keys === 'string') throw new Error(keys);
  return keys;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error('it is not JSON');
  }
}

/** fetch hides its reason in the cause. */
function reasoned(error: unknown): Error {
  const { name, message, cause } = error as Error;
  if (name === 'TimeoutError') return new Error('no answer in time');
  const { code, message: inner } = (cause ?? {}) as { code?: string; message?: string };
  return message === 'fetch failed' ? new Error(code ?? inner ?? message, { cause: error }) : (error as Error);
}
