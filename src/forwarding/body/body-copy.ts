/** A copy of a request's body, made while it passes to its backend: bounded, and never waited for. */

const FIRST_BYTES = 4096;

export class BodyCopy {
  readonly #maxBytes: number;
  #onDone: ((body: Buffer | null) => void) | null;
  #buffer: Buffer = Buffer.alloc(0);
  #bytes = 0;

  /** @param onDone called once: with all of the body, or null if it is larger or breaks off */
  constructor(maxBytes: number, onDone: (body: Buffer | null) => void) {
    this.#maxBytes = maxBytes;
    this.#onDone = onDone;
  }

  onBody(piece: Buffer): void {
    if (this.#onDone === null) return;
    const bytes = this.#bytes + piece.length;
    if (bytes > this.#maxBytes) return this.onCut();
    // One buffer: a list of small pieces would take many times their bytes.
    if (bytes > this.#buffer.length) this.#grow(bytes);
    piece.copy(this.#buffer, this.#bytes);
    this.#bytes = bytes;
  }

  onEnd(): void {
    this.#conclude(this.#buffer.subarray(0, this.#bytes));
  }

  /** Nothing happens if it has ended. */
  onCut(): void {
    this.#buffer = Buffer.alloc(0);
    this.#conclude(null);
  }

  #grow(bytes: number): void {
    const size = Math.min(this.#maxBytes, Math.max(bytes, this.#buffer.length * 2, FIRST_BYTES));
    const larger = Buffer.allocUnsafeSlow(size);
    this.#buffer.copy(larger, 0, 0, this.#bytes);
    this.#buffer = larger;
  }

  #conclude(body: Buffer | null): void {
    const onDone = this.#onDone;
    this.#onDone = null;
    onDone?.(body);
  }
}
