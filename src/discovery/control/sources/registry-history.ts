/**
 * Notices that a registry has lost its history: that it was emptied, restored from a backup, or replaced. Its revisions
 * then begin again lower, and what its list lacks is rather lost than meant.
 */
export class RegistryHistory {
  #id = '';
  #revision = 0n;
  #listed: ReadonlySet<string> = new Set();
  /** Listed before the loss, and not since. */
  readonly #missing = new Set<string>();

  /** False: what was listed before a loss is not back yet, so a list without it is not to be relied on. */
  get isWhole(): boolean {
    return this.#missing.size === 0;
  }

  /**
   * @param id of the cluster; empty: it has none
   * @param keys of the listed members
   * @returns whether history was lost just now
   */
  note(id: string, revision: bigint, keys: readonly string[]): boolean {
    const isLost = this.#revision > 0n && (id !== this.#id || revision < this.#revision);
    if (isLost) for (const key of this.#listed) this.#missing.add(key);
    for (const key of keys) this.#missing.delete(key);
    this.#id = id;
    this.#revision = revision;
    this.#listed = new Set(keys);
    return isLost;
  }
}
