/** Copies the body of an answer while it passes. */
import type { BodyWatcher } from '../../routing/body-watcher.ts';

export interface KeptBodyListener {
  /** All of it, a buffer of its own. */
  onBody(body: Buffer): void;
  /** It is larger than allowed. */
  onTooLarge(): void;
  /** It is incomplete, or more than a body. */
  onUnusable(): void;
}

export class KeptBody implements BodyWatcher {
  readonly #maxBytes: number;
  readonly #listener: KeptBodyListener;
  #pieces: Buffer[] | null = [];
  #bytes = 0;

  constructor(maxBytes: number, listener: KeptBodyListener) {
    this.#maxBytes = maxBytes;
    this.#listener = listener;
  }

  onChunk(bytes: Buffer): void {
    if (this.#pieces === null) return;
    this.#bytes += bytes.length;
    if (this.#bytes <= this.#maxBytes) {
      this.#pieces.push(Buffer.from(bytes));
      return;
    }
    this.#pieces = null;
    this.#listener.onTooLarge();
  }

  /** Trailers are not stored: without them, the answer would be another one. */
  onEnd(trailers: readonly string[]): void {
    const pieces = this.#pieces;
    this.#pieces = null;
    if (pieces === null) return;
    if (trailers.length > 0) {
      this.#listener.onUnusable();
      return;
    }
    // Not from Node's pool, of which a small body would keep all 8 KiB.
    const body = Buffer.allocUnsafeSlow(this.#bytes);
    let at = 0;
    for (const piece of pieces) at += piece.copy(body, at);
    this.#listener.onBody(body);
  }

  onCut(): void {
    if (this.#pieces === null) return;
    this.#pieces = null;
    this.#listener.onUnusable();
  }
}
