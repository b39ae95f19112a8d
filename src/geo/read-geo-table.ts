/** Reads a table of locations: a line for each block of addresses, the block and its location. */
import { createHash } from 'node:crypto';
import { parseCidr } from '../net/ip-address.ts';
import { type Blocks, disjointRanges, type Ranges } from './core/disjoint-ranges.ts';
import { GEO_PATTERN, GEO_RULE, MAX_BLOCKS, MAX_LOCATIONS } from './core/geo-vocabulary.ts';
import type { GeoTableContent, SharedRanges } from './geo-table.ts';

/** Errors of a file that are reported at a time. */
const MAX_FAULTS = 5;

/** Why a file is no table: one or more reasons, each with its line. */
export class GeoTableError extends Error {
  override readonly name = 'GeoTableError';
}

/** @param bytes of the file. @param digest of them. Throws GeoTableError. */
export function readGeoTable(bytes: Buffer, digest: string = digestOf(bytes)): GeoTableContent {
  const reader = new GeoTableReader();
  // What is not ASCII is refused or in a comment, and this reads it fastest.
  const text = bytes.toString('latin1');
  for (let start = 0; start < text.length;) {
    const end = text.indexOf('\n', start);
    reader.line(end === -1 ? text.slice(start) : text.slice(start, end));
    if (end === -1) break;
    start = end + 1;
  }
  return { digest, ...reader.finish() };
}

export function digestOf(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

class GeoTableReader {
  readonly #v4 = new BlockList(1);
  readonly #v6 = new BlockList(4);
  /** To their numbers. */
  readonly #locations = new Map<string, number>();
  readonly #faults: string[] = [];
  #line = 0;

  line(text: string): void {
    this.#line += 1;
    if (this.#faults.length > MAX_FAULTS) return;
    const comment = text.indexOf('#');
    const words = (comment === -1 ? text : text.slice(0, comment)).trim();
    if (words === '') return;
    const fault = this.#add(words);
    if (fault !== undefined) this.#faults.push(`line ${this.#line}: ${fault}`);
  }

  finish(): Omit<GeoTableContent, 'digest'> {
    if (this.#faults.length > 0) throw new GeoTableError(listed(this.#faults));
    return {
      blocks: this.#v4.count + this.#v6.count,
      locations: [...this.#locations.keys()],
      v4: this.#v4.shared(),
      v6: this.#v6.shared(),
    };
  }

  /** Returns what is wrong. */
  #add(text: string): string | undefined {
    const gap = text.search(/[ \t]/);
    if (gap === -1) return `"${shown(text)}" has no location after the block, as in "192.0.2.0/24 DE"`;
    const location = text.slice(gap).trim();
    const cidr = parseCidr(text.slice(0, gap));
    if (cidr === undefined)
      return `"${shown(text.slice(0, gap))}" is neither an address nor a block such as 192.0.2.0/24`;
    if (!GEO_PATTERN.test(location)) return `"${shown(location)}" is no location: ${GEO_RULE}`;
    let number = this.#locations.get(location);
    if (number === undefined) {
      number = this.#locations.size + 1;
      if (number > MAX_LOCATIONS) return `"${location}" is one location too many: a table has at most ${MAX_LOCATIONS}`;
      this.#locations.set(location, number);
    }
    if (this.#v4.count + this.#v6.count === MAX_BLOCKS) return `one block too many: a table has at most ${MAX_BLOCKS}`;
    (cidr.family === 4 ? this.#v4 : this.#v6).add(cidr.words, cidr.prefix, number, this.#line);
    return undefined;
  }
}

/** Blocks of one family as they are read. */
class BlockList {
  readonly #width: number;
  #words: Uint32Array<ArrayBuffer>;
  #prefixes = new Uint8Array(1024);
  #values = new Uint16Array(1024);
  #lines = new Uint32Array(1024);
  #count = 0;

  constructor(width: number) {
    this.#width = width;
    this.#words = new Uint32Array(1024 * width);
  }

  get count(): number {
    return this.#count;
  }

  add(words: readonly number[], prefix: number, value: number, line: number): void {
    if (this.#count === this.#values.length) this.#grow();
    const at = this.#count;
    for (let word = 0; word < this.#width; word += 1) this.#words[at * this.#width + word] = words[word]!;
    this.#prefixes[at] = prefix;
    this.#values[at] = value;
    this.#lines[at] = line;
    this.#count += 1;
  }

  /** Throws GeoTableError. */
  shared(): SharedRanges {
    const ranges = disjointRanges(this.#blocks());
    if ('one' in ranges) {
      const [first, later] = [this.#lines[ranges.one]!, this.#lines[ranges.other]!];
      throw new GeoTableError(`line ${later}: line ${first} has the same block with another location`);
    }
    return sharedRanges(ranges);
  }

  #blocks(): Blocks {
    const [width, count] = [this.#width, this.#count];
    return { width, count, words: this.#words, prefixes: this.#prefixes, values: this.#values };
  }

  #grow(): void {
    const size = 2 * this.#values.length;
    const [words, prefixes, values, lines] = [this.#words, this.#prefixes, this.#values, this.#lines];
    this.#words = new Uint32Array(size * this.#width);
    this.#words.set(words);
    this.#prefixes = new Uint8Array(size);
    this.#prefixes.set(prefixes);
    this.#values = new Uint16Array(size);
    this.#values.set(values);
    this.#lines = new Uint32Array(size);
    this.#lines.set(lines);
  }
}

function sharedRanges({ starts, values }: Ranges): SharedRanges {
  const shared = { starts: new SharedArrayBuffer(starts.byteLength), values: new SharedArrayBuffer(values.byteLength) };
  new Uint32Array(shared.starts).set(starts);
  new Uint16Array(shared.values).set(values);
  return shared;
}

function listed(faults: readonly string[]): string {
  const rest = faults.length > MAX_FAULTS ? '; and more' : '';
  return faults.slice(0, MAX_FAULTS).join('; ') + rest;
}

/** As an error may show it. */
function shown(text: string): string {
  const plain = text.replaceAll(/[^\x20-\x7e]/g, '?');
  return plain.length > 40 ? `${plain.slice(0, 40)}…` : plain;
}
