/**
 * Tokens that the server has granted to a thread, to be spent within their lives. What is left of one that has died goes
 * back. Pure: all times are ms, unless they say otherwise.
 */
interface Lease {
  tokens: number;
  /** The server's time of the grant, for a refund. */
  readonly atUs: number;
  readonly diesMs: number;
}

export class Leases {
  /** In the order of their deaths, nearly: a refund lives on from now. */
  readonly #leases: Lease[] = [];
  readonly #giveBack: (tokens: number, atUs: number) => void;

  /** @param giveBack called with what is left of a lease that has died. */
  constructor(giveBack: (tokens: number, atUs: number) => void) {
    this.#giveBack = giveBack;
  }

  /** When the next one dies; null: there is none. */
  get nextDeathMs(): number | null {
    return this.#leases[0]?.diesMs ?? null;
  }

  add(tokens: number, atUs: number, diesMs: number): void {
    this.#leases.push({ tokens, atUs, diesMs });
  }

  /** Tokens that were spent can be spent again. @param diesMs unless the rest of their lease is here. */
  putBack(tokens: number, atUs: number, diesMs: number, nowMs: number): void {
    const last = this.#leases.at(-1);
    if (last !== undefined && last.atUs === atUs && last.diesMs > nowMs) last.tokens += tokens;
    else this.add(tokens, atUs, diesMs);
  }

  /** The limit has become so many times as large. */
  scale(ratio: number): void {
    for (const lease of this.#leases) lease.tokens *= ratio;
  }

  /** Tokens that are not spent. Those of dead leases go back first; at Infinity all have died. */
  count(nowMs: number): number {
    const leases = this.#leases;
    while (leases.length > 0 && leases[0]!.diesMs <= nowMs) {
      const { tokens, atUs } = leases.shift()!;
      if (tokens > 0) this.#giveBack(tokens, atUs);
    }
    let tokens = 0;
    for (const lease of leases) tokens += lease.tokens;
    return tokens;
  }

  /** The server's time of the last grant that is spent from; null: there is not enough, and nothing is spent. */
  spend(cost: number, nowMs: number): number | null {
    const leases = this.#leases;
    if (leases.length === 0 || this.count(nowMs) < cost) return null;
    let missing = cost;
    let atUs = 0;
    for (const lease of leases) {
      const part = Math.min(missing, lease.tokens);
      lease.tokens -= part;
      missing -= part;
      atUs = lease.atUs;
      if (missing === 0) break;
    }
    while (leases.length > 0 && leases[0]!.tokens === 0) leases.shift();
    return atUs;
  }
}
