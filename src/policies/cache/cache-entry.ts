/** A stored answer, with copies of its own of everything: views of read buffers and slices of heads would keep more alive. */
import { ownText } from '../../core/own-text.ts';
import type { Freshness } from './core/freshness.ts';

export interface StoredFields {
  readonly status: number;
  readonly reason: string;
  /** Name and value alternating; without Age and Content-Length, with Date. */
  readonly fields: readonly string[];
  readonly etag: string | null;
  readonly lastModified: string | null;
  /** Names in lower case, and the values that the request had. */
  readonly vary: readonly (readonly [name: string, value: string])[];
  readonly freshness: Freshness;
  /** Of the shared clock. */
  readonly arrivedMs: number;
}

export interface StoredPlace {
  readonly key: string;
  readonly host: string;
  /** Without the query. */
  readonly path: string;
  /** Where it was in the table of changes when its request began, see ChangeTable. */
  readonly slot: number;
  readonly change: number;
}

/** Besides texts and body: objects and references, about. */
const OVERHEAD_BYTES = 1024;

export class CacheEntry {
  readonly head: StoredFields;
  readonly place: StoredPlace;
  readonly body: Buffer;
  /** What it takes of the cache's memory. */
  readonly bytes: number;

  /** @param body its own from now on */
  constructor(head: StoredFields, place: StoredPlace, body: Buffer) {
    this.head = head;
    this.place = place;
    this.body = body;
    let characters = 2 * (place.key.length + place.host.length + place.path.length) + head.reason.length;
    for (const text of head.fields) characters += text.length;
    for (const [name, value] of head.vary) characters += name.length + value.length;
    this.bytes = body.length + characters + OVERHEAD_BYTES;
  }

  /** Seconds. */
  ageAt(nowMs: number): number {
    return this.head.freshness.initialAge + (nowMs - this.head.arrivedMs) / 1000;
  }

  matches(valueOf: (name: string) => string): boolean {
    return this.head.vary.every(([name, value]) => valueOf(name) === value);
  }
}

export function ownTexts(texts: readonly string[]): string[] {
  return texts.map(ownText);
}
