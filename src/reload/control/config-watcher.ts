/**
 * Detects a change of the configuration: by the status of its files (also when one was replaced, as editors and
 * Kubernetes do), then by their contents, once they have settled.
 */
import { unwatchFile, watchFile } from 'node:fs';

/** Interval between checks of a file's status, ms. */
const LOOK_MS = 500;
/** Time without a further change, so that no half-written file is read, ms. */
const REST_MS = 100;

export interface WatchPorts {
  /** Absolute; they may become others with each reading. */
  readonly paths: () => readonly string[];
  /** Whether one differs from what was read last. */
  readonly hasChanged: () => boolean;
  readonly onChange: () => void;
}

export interface ConfigWatch {
  /** To be called after each reading: watches the files it consists of now. */
  readonly update: () => void;
  readonly end: () => void;
}

/** Checks the contents whenever a status changes, and for the changes since they were read. */
export function watchConfig({ paths, hasChanged, onChange }: WatchPorts): ConfigWatch {
  const watched = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  const look = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      if (hasChanged()) onChange();
    }, REST_MS).unref();
  };
  const update = (): void => {
    const wanted = new Set(paths());
    for (const path of watched) {
      if (wanted.has(path)) continue;
      watched.delete(path);
      unwatchFile(path, look);
    }
    for (const path of wanted) {
      if (watched.has(path)) continue;
      watched.add(path);
      watchFile(path, { persistent: false, interval: LOOK_MS }, look);
      look();
    }
  };
  update();
  return {
    update,
    end: () => {
      clearTimeout(timer);
      for (const path of watched) unwatchFile(path, look);
      watched.clear();
    },
  };
}
