/** An address that could not be connected to is skipped for this long, if there is another, ms. */
export const AVOID_MS = 10_000;

/**
 * The addresses of one backend, used in turn. One that could not be connected to is skipped for a while: then one
 * connection tries it again.
 */
export class AddressTurns {
  #all: readonly string[];
  /** The current rotation: all that are not avoided, or simply all if that would be none. */
  #open: readonly string[];
  readonly #avoidedUntilMs = new Map<string, number>();
  /** When the first avoided one may be tried again. */
  #staleAtMs = Infinity;
  #turn = 0;

  constructor(addresses: readonly string[]) {
    this.#all = addresses;
    this.#open = addresses;
  }

  get all(): readonly string[] {
    return this.#all;
  }

  /** Known data about remaining addresses is kept. */
  replace(addresses: readonly string[]): void {
    for (const address of this.#avoidedUntilMs.keys()) {
      if (!addresses.includes(address)) this.#avoidedUntilMs.delete(address);
    }
    this.#all = addresses;
    this.#open = addresses;
    this.#staleAtMs = -Infinity;
  }

  /** Undefined: there is none. */
  next(nowMs: number): string | undefined {
    if (this.#all.length < 2) return this.#all[0];
    if (nowMs >= this.#staleAtMs) this.#refresh(nowMs);
    this.#turn = (this.#turn + 1) % this.#open.length;
    return this.#open[this.#turn];
  }

  /** What to try if this one cannot be connected to: those in rotation first. */
  othersThan(address: string, nowMs: number): readonly string[] {
    if (this.#all.length < 2) return [];
    if (nowMs >= this.#staleAtMs) this.#refresh(nowMs);
    const others = new Set([...this.#open, ...this.#all]);
    others.delete(address);
    return [...others];
  }

  /** It refused, or did not answer in time. */
  failed(address: string, nowMs: number): void {
    this.#avoidedUntilMs.set(address, nowMs + AVOID_MS);
    this.#refresh(nowMs);
  }

  connected(address: string, nowMs: number): void {
    if (this.#avoidedUntilMs.delete(address)) this.#refresh(nowMs);
  }

  #refresh(nowMs: number): void {
    this.#staleAtMs = Infinity;
    for (const [address, untilMs] of this.#avoidedUntilMs) {
      if (untilMs <= nowMs) this.#avoidedUntilMs.delete(address);
      else this.#staleAtMs = Math.min(this.#staleAtMs, untilMs);
    }
    const open = this.#all.filter((address) => !this.#avoidedUntilMs.has(address));
    this.#open = open.length > 0 ? open : this.#all;
  }
}
