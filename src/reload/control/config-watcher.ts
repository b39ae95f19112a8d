/**
 * Sees a change of the configuration file: by its status (also when it was replaced, as editors and Kubernetes do),
 * then by its content, once that has come to rest.
 */
import { unwatchFile, watchFile } from 'node:fs';
import { MAX_BYTES, readStart } from '../../config/file/read-start.ts';
import { fingerprintOf } from '../../config/file/source.ts';

/** Between two looks at the file's status, ms. */
const LOOK_MS = 500;
/** Without a further change, so that no half-written file is read, ms. */
const REST_MS = 100;

export interface WatchPorts {
  readonly path: string;
  /** Of the text that was read last. */
  readonly known: () => string | null;
  /** The text is another than the known one. */
  readonly onChange: () => void;
}

/** One look: tells whether the text differs from the known one. A file that is away for now is no change. */
export function lookAtFile({ path, known, onChange }: WatchPorts): void {
  let bytes: Buffer;
  try {
    bytes = readStart(path, MAX_BYTES + 1);
  } catch {
    return;
  }
  if (fingerprintOf(new TextDecoder().decode(bytes)) !== known()) onChange();
}

/** Looks again whenever the status changed. The function returned stops that. */
export function watchConfig(ports: WatchPorts): () => void {
  let timer: NodeJS.Timeout | undefined;
  const listener = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => lookAtFile(ports), REST_MS).unref();
  };
  watchFile(ports.path, { persistent: false, interval: LOOK_MS }, listener);
  // What changed since it was read.
  listener();
  return () => {
    clearTimeout(timer);
    unwatchFile(ports.path, listener);
  };
}
