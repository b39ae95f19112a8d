/** The operator's table of locations, as all threads share it. */
import type { IpAddress } from '../net/ip-address.ts';
import { findRange } from './core/disjoint-ranges.ts';

/** Ranges of one family of addresses: disjoint, ascending, each up to where the next one starts. */
export interface SharedRanges {
  /** 32-bit words, 1 or 4 for each range: its first address. */
  readonly starts: SharedArrayBuffer;
  /** 16 bits for each range: the number of its location, from 1; 0: none. */
  readonly values: SharedArrayBuffer;
}

/** Contents of a table: see read-geo-table.ts. Sent to threads as it is, which copies no range. */
export interface GeoTableContent {
  /** SHA-256 of the file, hex. */
  readonly digest: string;
  /** In it. */
  readonly blocks: number;
  /** By number, from 1 at index 0. */
  readonly locations: readonly string[];
  readonly v4: SharedRanges;
  readonly v6: SharedRanges;
}

interface Family {
  readonly width: number;
  readonly count: number;
  readonly starts: Uint32Array;
  readonly values: Uint16Array;
}

export class GeoTable<Location> {
  readonly #v4: Family;
  readonly #v6: Family;
  /** By number. */
  readonly #locations: readonly (Location | null)[];

  /** @param make called once for each location of the table */
  constructor({ v4, v6, locations }: GeoTableContent, make: (name: string) => Location) {
    this.#v4 = familyOf(v4, 1);
    this.#v6 = familyOf(v6, 4);
    this.#locations = [null, ...locations.map(make)];
  }

  /** Of the smallest block that contains the address; null: none does. */
  find({ family, words }: IpAddress): Location | null {
    const { starts, values, count, width } = family === 4 ? this.#v4 : this.#v6;
    const at = findRange(starts, count, width, words);
    return at === -1 ? null : this.#locations[values[at]!]!;
  }
}

function familyOf({ starts, values }: SharedRanges, width: number): Family {
  const found = new Uint16Array(values);
  return { width, count: found.length, starts: new Uint32Array(starts), values: found };
}
