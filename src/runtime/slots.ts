/** Assigns slots of a shared table by name: a name keeps its slot as long as it is in use. */
export class Slots {
  /** Total number of slots. */
  readonly size: number;
  readonly #byName = new Map<string, number>();
  readonly #free: number[] = [];
  readonly #thing: string;
  #next = 0;

  /** @param thing what the slots hold, for error messages: `backends`. */
  constructor(size: number, thing: string) {
    this.size = size;
    this.#thing = thing;
  }

  get(name: string): number | undefined {
    return this.#byName.get(name);
  }

  /** The name's slot; `isNew` if it had none. Throws RangeError if all are in use. */
  take(name: string): { slot: number; isNew: boolean } {
    const known = this.#byName.get(name);
    if (known !== undefined) return { slot: known, isNew: false };
    const slot = this.#free.pop() ?? this.#next;
    if (slot >= this.size) throw new RangeError(`${this.#thing}: more than ${this.size} are not supported`);
    if (slot === this.#next) this.#next += 1;
    this.#byName.set(name, slot);
    return { slot, isNew: true };
  }

  release(name: string): void {
    const slot = this.#byName.get(name);
    if (slot === undefined) return;
    this.#byName.delete(name);
    this.#free.push(slot);
  }

  names(): IterableIterator<string> {
    return this.#byName.keys();
  }
}
