/**
 * Detects a change of the configuration file: by its status (also when it was replaced, as editors and Kubernetes do),
 * then by its content, once it has settled.
 */
import { unwatchFile, watchFile } from 'node:fs';
import { MAX_BYTES } from '../../config/file/find-excess.ts';
import { readStart } from '../../runtime/read-start.ts';
import { fingerprintOf } from '../../config/file/source.ts';

/** Interval between checks of the file's status, ms. */
const LOOK_MS = 500;
/** Time without a further change, so that no half-written file is read, ms. */
const REST_MS = 100;

export interface WatchPorts {
  readonly path: string;
  /** Of the text that was read last. */
  readonly known: () => string | null;
  /** The text differs from the known one. */
  readonly onChange: () => void;
}

/** One check: whether the text differs from the known one. A file that is missing for now is not a change. */
export function lookAtFile({ path, known, onChange }: WatchPorts): void {
  let bytes: Buffer;
  try {
    bytes = readStart(path, MAX_BYTES + 1);
  } catch {
    return;
  }
  if (fingerprintOf(new TextDecoder().decode(bytes)) !== known()) onChange();
}

/** Checks again whenever the status changes. The returned function stops that. */
export function watchConfig(ports: WatchPorts): () => void {
  let timer: NodeJS.Timeout | undefined;
  const listener = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => lookAtFile(ports), REST_MS).unref();
  };
  watchFile(ports.path, { persistent: false, interval: LOOK_MS }, listener);
  // The changes since it was read.
  listener();
  return () => {
    clearTimeout(timer);
    unwatchFile(ports.path, listener);
  };
}
