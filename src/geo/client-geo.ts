/** Where a client is: as a trusted proxy in front says, or by the operator's table. */
import type { IncomingHttpHeaders } from 'node:http';
import type { IpAddress } from '../net/ip-address.ts';
import { GEO_PATTERN } from './core/geo-vocabulary.ts';
import { GeoTable, type GeoTableContent } from './geo-table.ts';

/** Made once for each location, and shared by requests. */
export interface GeoLocation {
  /** As it was stated. */
  readonly name: string;
  /** In lower case, for comparison. */
  readonly folded: string;
  /** By a trusted proxy; false: by the table. */
  readonly isStated: boolean;
}

export interface GeoSettings {
  /** Of a request, in lower case; null: none is asked. */
  readonly header: string | null;
  readonly tableContent: GeoTableContent | null;
}

/** Of one peer, for all of its clients. */
const MAX_STATED = 4096;

export class ClientGeo {
  /** Name of the header in lower case; null: none is asked. */
  readonly header: string | null;
  readonly #table: GeoTable<GeoLocation> | null;
  /** By the value of the header; null: it is no location. */
  readonly #stated = new Map<string, GeoLocation | null>();

  constructor({ header, tableContent }: GeoSettings) {
    this.header = header;
    this.#table = tableContent && new GeoTable(tableContent, (name) => locationOf(name, false));
  }

  /** Null: off. */
  static of({ header, tableContent }: GeoSettings): ClientGeo | null {
    return header === null && tableContent === null ? null : new ClientGeo({ header, tableContent });
  }

  /**
   * Null: unknown. A header without a location in it counts as missing.
   *
   * @param isPeerTrusted no other peer may state the header
   * @param address of the client, behind trusted proxies
   */
  locate(headers: IncomingHttpHeaders, isPeerTrusted: boolean, address: IpAddress): GeoLocation | null {
    const stated = isPeerTrusted && this.header !== null ? headers[this.header] : undefined;
    const location = typeof stated === 'string' ? this.#locationOf(stated) : null;
    return location ?? this.#table?.find(address) ?? null;
  }

  #locationOf(stated: string): GeoLocation | null {
    const known = this.#stated.get(stated);
    if (known !== undefined) return known;
    const location = GEO_PATTERN.test(stated) ? locationOf(stated, true) : null;
    if (this.#stated.size >= MAX_STATED) this.#stated.clear();
    this.#stated.set(stated, location);
    return location;
  }
}

function locationOf(name: string, isStated: boolean): GeoLocation {
  return { name, folded: name.toLowerCase(), isStated };
}
