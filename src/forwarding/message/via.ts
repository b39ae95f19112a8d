/**
 * The gateway's own entry in Via, and how it recognizes a request that has come back (RFC 9110, 7.6.3). Each gateway
 * has its own name, so one may be in front of another.
 */

/** Through this gateway: a request may come back to it, through a proxy that adds something, but not forever. */
const MAX_PASSES = 3;
/** Through any Sluice: a loop over the gateways of a fleet meets each of them only now and then. */
const MAX_HOPS = 10;

const PREFIX = 'sluice-';

export class Via {
  readonly #name: string;
  readonly #hop11: string;
  readonly #hop2: string;

  /** @param id letters and digits, unique to this gateway */
  constructor(id: string) {
    this.#name = PREFIX + id;
    this.#hop11 = `1.1 ${this.#name}`;
    this.#hop2 = `2 ${this.#name}`;
  }

  /** @param httpVersion of the received request, `1.1` */
  hop(httpVersion: string): string {
    if (httpVersion === '1.1') return this.#hop11;
    return httpVersion === '2.0' ? this.#hop2 : `${httpVersion} ${this.#name}`;
  }

  /** @param via the whole field of a request, undefined: it has none */
  isLoop(via: string | undefined): boolean {
    if (via === undefined || !via.includes(PREFIX)) return false;
    let passes = 0;
    let hops = 0;
    for (const [, name] of via.matchAll(ENTRY)) {
      if (!name!.startsWith(PREFIX)) continue;
      hops += 1;
      if (name === this.#name) passes += 1;
    }
    return passes >= MAX_PASSES || hops >= MAX_HOPS;
  }
}

/** Protocol, then the recipient; a comment may follow. */
const ENTRY = /(?:^|,)[ \t]*[^\s,()]+[ \t]+([^\s,()]+)/g;
