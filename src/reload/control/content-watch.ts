/** Files whose contents are settings: whether one has changed since it was read. */
import { resolve } from 'node:path';

import { PemFiles } from '../../certificates/pem-files.ts';
import { type ContentFile, contentFilesOf } from '../../config/content-files.ts';
import type { Settings } from '../../config/settings.ts';

export interface ContentWatchPorts {
  /** Relative names start here. */
  readonly cwd: string;
  readonly settings: () => Settings;
}

export class ContentWatch {
  readonly #ports: ContentWatchPorts;
  /** What files with a change that was refused had in them: it is not reported again and again. Null: unreadable. */
  readonly #reported = new Map<string, string | null>();

  constructor(ports: ContentWatchPorts) {
    this.#ports = ports;
  }

  /** Absolute. */
  paths(): readonly string[] {
    const { cwd, settings } = this.#ports;
    return contentFilesOf(settings()).map(({ name }) => resolve(cwd, name));
  }

  /** True once for each change. */
  hasChanged(): boolean {
    const { cwd, settings } = this.#ports;
    const now = new PemFiles(cwd);
    let isNew = false;
    for (const { name, content, readAgain } of contentFilesOf(settings())) {
      const found = readIfPossible(now, readAgain);
      if (found === content) this.#reported.delete(name);
      else if (!this.#reported.has(name) || this.#reported.get(name) !== found) {
        this.#reported.set(name, found);
        isNew = true;
      }
    }
    return isNew;
  }
}

/** Null: it cannot be read, or is too large. */
function readIfPossible(files: PemFiles, readAgain: ContentFile['readAgain']): string | null {
  try {
    return readAgain(files);
  } catch {
    return null;
  }
}
