/**
 * Spans or log lines of one thread on their way to the control thread: sent together, 256 at a time or after a second. If the
 * control thread falls behind, they are dropped and counted, and traffic never waits.
 *
 * They wait as bytes, which the control thread compresses as they are: strings of this size would be copied by the message and
 * by each collection of garbage until then. Their memory comes back, and is used again.
 */
import { MAX_BATCH_BYTES, MAX_PER_BATCH, MAX_QUEUED } from './core/otlp-vocabulary.ts';

/** Spans, or lines of the log. */
export interface OtlpBatch {
  readonly count: number;
  /** UTF-8: JSON objects with commas in between, or lines. May be transferred. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** As many were dropped before it. */
  readonly dropped: number;
}

export interface OutboxPorts {
  readonly post: (batch: OtlpBatch) => void;
  /** Calls back once, after some time. */
  readonly later: (callback: () => void) => void;
}

const MAX_IN_FLIGHT = MAX_QUEUED / MAX_PER_BATCH;
/** A batch of fewer is copied, so that it does not hold the whole buffer while it waits. */
const MIN_TRANSFERRED = MAX_BATCH_BYTES / 4;
/** UTF-8 needs no more for one UTF-16 unit. */
const MAX_BYTES_PER_UNIT = 3;
const NOTHING = Buffer.alloc(0);

export class Outbox {
  readonly #ports: OutboxPorts;
  readonly #separator: string;
  #buffer: Buffer<ArrayBuffer> = NOTHING;
  /** Came back. */
  #spare: Buffer<ArrayBuffer> | null = null;
  /** Bytes of it. */
  #used = 0;
  #count = 0;
  #dropped = 0;
  #isPlanned = false;
  /** Batches that the control thread has not taken yet. */
  #inFlight = 0;

  /** @param separator between two texts */
  constructor(separator: ',' | '', ports: OutboxPorts) {
    this.#separator = separator;
    this.#ports = ports;
  }

  /** The next one would be dropped: call `drop` instead of making its text. */
  get isFull(): boolean {
    return this.#count >= MAX_PER_BATCH;
  }

  drop(count: number): void {
    this.#dropped += count;
  }

  add(text: string): void {
    if (!this.#write(text)) {
      this.#dropped += 1;
      return;
    }
    this.#count += 1;
    if (this.isFull) this.#send();
    else this.#plan();
  }

  /** The control thread has taken a batch. @param memory of its bytes, to be used again */
  taken(memory: ArrayBuffer): void {
    this.#inFlight -= 1;
    if (memory.byteLength === MAX_BATCH_BYTES) this.#spare = Buffer.from(memory);
    if (this.isFull) this.#send();
  }

  /** Sends what is left, before the thread ends. */
  flush(): void {
    this.#inFlight = 0;
    this.#send();
  }

  /** False: there is no room. */
  #write(text: string): boolean {
    if (this.isFull) return false;
    if (!this.#fits(text)) {
      this.#send();
      if (this.#count > 0) return false;
      const ownBytes = Math.max(MAX_BATCH_BYTES, Buffer.byteLength(text));
      if (this.#buffer.length < ownBytes) this.#buffer = this.#allocate(ownBytes);
    }
    // One string, because each write is a call out of JavaScript.
    this.#used += this.#buffer.write(this.#count === 0 ? text : this.#separator + text, this.#used);
    return true;
  }

  #allocate(bytes: number): Buffer<ArrayBuffer> {
    const spare = this.#spare;
    if (spare === null || spare.length < bytes) return Buffer.allocUnsafeSlow(bytes);
    this.#spare = null;
    return spare;
  }

  #fits(text: string): boolean {
    const room = this.#buffer.length - this.#used - this.#separator.length;
    return text.length * MAX_BYTES_PER_UNIT <= room || Buffer.byteLength(text) <= room;
  }

  #plan(): void {
    if (this.#isPlanned) return;
    this.#isPlanned = true;
    this.#ports.later(() => {
      this.#isPlanned = false;
      this.#send();
    });
  }

  #send(): void {
    if (this.#count === 0 && this.#dropped === 0) return;
    if (this.#inFlight >= MAX_IN_FLIGHT) {
      if (!this.isFull) this.#plan();
      return;
    }
    const batch = { count: this.#count, bytes: this.#takeBytes(), dropped: this.#dropped };
    this.#count = 0;
    this.#dropped = 0;
    this.#inFlight += 1;
    this.#ports.post(batch);
  }

  #takeBytes(): Uint8Array<ArrayBuffer> {
    const bytes = this.#buffer.subarray(0, this.#used);
    this.#used = 0;
    if (bytes.length < MIN_TRANSFERRED) return new Uint8Array(bytes);
    this.#buffer = NOTHING;
    return bytes;
  }
}
