/** Random ids of traces and spans, as hexadecimal digits: unlikely to come twice, but no secrets. */
import { randomFillSync } from 'node:crypto';
import { xoshiro128 } from '../../core/random.ts';

/** 32-bit words that are made digits by one call; ids are slices of these. Not more: an id that is kept keeps all of them. */
const WORDS = 64;
const TRACE_DIGITS = 32;
const SPAN_DIGITS = 16;

export class IdSource {
  readonly #next: () => number;
  readonly #words = new Uint32Array(WORDS);
  readonly #bytes = Buffer.from(this.#words.buffer);
  #digits = '';
  #digitsAt = 0;

  /** @param next random words, unsigned, 32 bits each */
  constructor(next: () => number = seededBySystem()) {
    this.#next = next;
  }

  traceId(): string {
    return this.#take(TRACE_DIGITS);
  }

  spanId(): string {
    return this.#take(SPAN_DIGITS);
  }

  #take(length: number): string {
    if (this.#digitsAt + length > this.#digits.length) this.#refill();
    const id = this.#digits.slice(this.#digitsAt, this.#digitsAt + length);
    this.#digitsAt += length;
    // All zeros are no id: once in 2⁶⁴.
    return id.startsWith('0') && /^0+$/.test(id) ? this.#take(length) : id;
  }

  #refill(): void {
    const words = this.#words;
    const next = this.#next;
    for (let at = 0; at < WORDS; at += 1) words[at] = next();
    this.#digits = this.#bytes.toString('hex');
    this.#digitsAt = 0;
  }
}

/** A state of 128 bits of the system's randomness, so that two threads do not make the same ids. */
function seededBySystem(): () => number {
  const state = randomFillSync(new Uint32Array(4));
  // Not all of it may be 0.
  return xoshiro128(state[0]!, state[1]!, state[2]!, state[3]! || 1);
}
