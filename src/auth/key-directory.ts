/** The public keys that a traffic thread knows, by their source. The control thread fetches them, and sends all that change. */
import type { PublicJwk } from './core/key-set.ts';

/** As it is sent to the threads. */
export interface SharedKeySet {
  /** Id of its source. */
  readonly source: string;
  readonly keys: readonly PublicJwk[];
}

export class KeyDirectory {
  #sets: ReadonlyMap<string, SharedKeySet>;

  constructor(sets: readonly SharedKeySet[]) {
    this.#sets = new Map(sets.map((set) => [set.source, set]));
  }

  /** Undefined: no keys were ever loaded. The same object until they change. */
  find(source: string): SharedKeySet | undefined {
    return this.#sets.get(source);
  }

  /** They replace all others. */
  apply(sets: readonly SharedKeySet[]): void {
    this.#sets = new Map(
      sets.map((set) => {
        const known = this.#sets.get(set.source);
        // What was verified with them stays verified.
        const isSame = known !== undefined && JSON.stringify(known.keys) === JSON.stringify(set.keys);
        return [set.source, isSame ? known : set];
      }),
    );
  }
}
