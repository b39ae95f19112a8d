/**
 * Counters of plugins, shared by all threads: 256 names, each with a whole number. A name takes a cell the first time it is
 * used, by compare-and-swap, and keeps it while the process runs.
 */

const CELLS = 256;
/** Bytes of a name: two names of 40 characters and what separates them. */
const NAME_BYTES = 96;
const FREE = 0;
const CLAIMING = 1;
const READY = 2;
/** A thread that dies while it writes a name leaves the cell unusable; others do not wait for it. */
const MAX_SPINS = 100_000;

export interface PluginCounterBuffers {
  readonly states: SharedArrayBuffer;
  readonly names: SharedArrayBuffer;
  readonly values: SharedArrayBuffer;
  /** Int32: by thread, the number of the plugin whose hook runs now, counted from 1; 0: none. */
  readonly running: SharedArrayBuffer;
}

export interface PluginCount {
  readonly plugin: string;
  readonly counter: string;
  readonly value: number;
}

export function allocatePluginCounters(threads: number): PluginCounterBuffers {
  return {
    states: new SharedArrayBuffer(4 * CELLS),
    names: new SharedArrayBuffer(NAME_BYTES * CELLS),
    values: new SharedArrayBuffer(8 * CELLS),
    running: new SharedArrayBuffer(4 * Math.max(1, threads)),
  };
}

export class PluginCounterTable {
  readonly #states: Int32Array;
  readonly #names: Uint8Array;
  readonly #values: BigInt64Array;
  readonly #running: Int32Array;

  constructor({ states, names, values, running }: PluginCounterBuffers) {
    this.#states = new Int32Array(states);
    this.#names = new Uint8Array(names);
    this.#values = new BigInt64Array(values);
    this.#running = new Int32Array(running);
  }

  /** The cell of a counter; −1: all are in use. Names: see isPluginName. */
  cell(plugin: string, counter: string): number {
    const name = new TextEncoder().encode(`${plugin} ${counter}`);
    if (name.length > NAME_BYTES) return -1;
    for (let cell = 0; cell < CELLS; cell += 1) {
      if (Atomics.compareExchange(this.#states, cell, FREE, CLAIMING) === FREE) {
        this.#names.set(name, cell * NAME_BYTES);
        Atomics.store(this.#states, cell, READY);
        return cell;
      }
      if (this.#isReady(cell) && this.#nameAt(cell) === `${plugin} ${counter}`) return cell;
    }
    return -1;
  }

  add(cell: number, by: number): void {
    if (cell !== -1) Atomics.add(this.#values, cell, BigInt(by));
  }

  get(cell: number): number {
    return cell === -1 ? 0 : Number(Atomics.load(this.#values, cell));
  }

  list(): readonly PluginCount[] {
    const counts: PluginCount[] = [];
    for (let cell = 0; cell < CELLS && Atomics.load(this.#states, cell) !== FREE; cell += 1) {
      if (Atomics.load(this.#states, cell) !== READY) continue;
      const [plugin = '', counter = ''] = this.#nameAt(cell).split(' ');
      counts.push({ plugin, counter, value: this.get(cell) });
    }
    return counts;
  }

  /** A hook of the plugin with this number begins; 0: it has ended. */
  mark(thread: number, plugin: number): void {
    Atomics.store(this.#running, thread, plugin);
  }

  /** The number of the plugin whose hook keeps the thread busy; 0: none. */
  runningOn(thread: number): number {
    return Atomics.load(this.#running, thread);
  }

  #isReady(cell: number): boolean {
    for (let spins = 0; spins < MAX_SPINS; spins += 1) if (Atomics.load(this.#states, cell) === READY) return true;
    return false;
  }

  #nameAt(cell: number): string {
    const start = cell * NAME_BYTES;
    const bytes = this.#names.slice(start, start + NAME_BYTES);
    const end = bytes.indexOf(0);
    return new TextDecoder().decode(bytes.slice(0, end === -1 ? NAME_BYTES : end));
  }
}
