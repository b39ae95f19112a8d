/**
 * The keys that session tickets are encrypted with (RFC 5077; RFC 8446, 4.6.1). Every thread derives them from one
 * secret and the time, so a client resumes its session on whichever thread it meets, and all threads rotate at the same
 * moment without a message.
 */
import { hkdfSync } from 'node:crypto';

/** Name, HMAC key and AES key, 16 bytes each: what Node's `ticketKeys` takes. */
const KEY_BYTES = 48;
const NO_SALT = new Uint8Array(0);

export class TicketKeys {
  readonly keys: Buffer;
  readonly #fromMs: number;
  readonly #untilMs: number;

  /**
   * @param secret at least 32 random bytes
   * @param wallMs the time they are for, in milliseconds since 1970
   * @param rotationMs how long keys are used; a ticket of earlier ones leads to a full handshake
   */
  constructor(secret: Uint8Array, wallMs: number, rotationMs: number) {
    const period = Math.floor(wallMs / rotationMs);
    this.#fromMs = period * rotationMs;
    this.#untilMs = this.#fromMs + rotationMs;
    this.keys = Buffer.from(hkdfSync('sha256', secret, NO_SALT, `sluice tickets ${this.#fromMs}`, KEY_BYTES));
  }

  /** The clock may have been set back. */
  isFor(wallMs: number): boolean {
    return wallMs >= this.#fromMs && wallMs < this.#untilMs;
  }
}
