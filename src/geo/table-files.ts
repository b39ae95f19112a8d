/** Reads the table of locations that the configuration names, unless it is the one that is known already. */
import { MAX_TABLE_BYTES } from './core/geo-vocabulary.ts';
import type { GeoTableContent } from './geo-table.ts';
import { digestOf, readGeoTable } from './read-geo-table.ts';

/** Files that the configuration names: PemFiles. */
interface Files {
  mayRead(file: string): boolean;
  readAs<T>(file: string, maxBytes: number, parse: (bytes: Buffer) => T): T;
}

export class TableFiles {
  readonly #files: Files;
  readonly #known: GeoTableContent | null;

  /** @param known of an earlier configuration: the same bytes mean the same, and are not parsed again */
  constructor(files: Files, known: GeoTableContent | null) {
    this.#files = files;
    this.#known = known;
  }

  mayRead(file: string): boolean {
    return this.#files.mayRead(file);
  }

  /** For a file that may be read. Throws GeoTableError, or Error with the reason why it cannot be read. */
  read(file: string): GeoTableContent {
    return this.#files.readAs(file, MAX_TABLE_BYTES, (bytes) => {
      const digest = digestOf(bytes);
      return digest === this.#known?.digest ? this.#known : readGeoTable(bytes, digest);
    });
  }
}
