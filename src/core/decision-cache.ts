/** What was decided about names, for a while: bounded, so that a flood of names takes no memory. */
export class DecisionCache<T> {
  readonly #max: number;
  readonly #entries = new Map<string, { readonly decision: T; readonly untilMs: number }>();

  /** @param max names, at least one; the oldest decision is forgotten for a new one */
  constructor(max: number) {
    this.#max = max;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Undefined: none, or not any more. */
  get(name: string, nowMs: number): T | undefined {
    const entry = this.#entries.get(name);
    if (entry === undefined) return undefined;
    if (nowMs < entry.untilMs) return entry.decision;
    this.#entries.delete(name);
    return undefined;
  }

  delete(name: string): void {
    this.#entries.delete(name);
  }

  clear(): void {
    this.#entries.clear();
  }

  set(name: string, decision: T, untilMs: number): void {
    this.#entries.delete(name);
    this.#entries.set(name, { decision, untilMs });
    if (this.#entries.size > this.#max) this.#entries.delete(this.#entries.keys().next().value!);
  }
}
