/**
 * Spans or log lines of one thread on their way to the control thread: sent together, 256 at a time or after a second. If the
 * control thread falls behind, they are dropped and counted, and traffic never waits.
 */
import { MAX_PER_BATCH, MAX_QUEUED } from './core/otlp-vocabulary.ts';

/** Spans, or lines of the log. */
export interface OtlpBatch {
  readonly count: number;
  /** JSON objects with commas in between, or lines. */
  readonly text: string;
  /** As many were dropped before it. */
  readonly dropped: number;
}

export interface OutboxPorts {
  readonly post: (batch: OtlpBatch) => void;
  /** Calls back once, after some time. */
  readonly later: (callback: () => void) => void;
}

const MAX_IN_FLIGHT = MAX_QUEUED / MAX_PER_BATCH;

export class Outbox {
  readonly #ports: OutboxPorts;
  readonly #separator: string;
  #text = '';
  #count = 0;
  #dropped = 0;
  #isPlanned = false;
  /** Batches that the control thread has not taken yet. */
  #inFlight = 0;

  /** @param separator between two texts */
  constructor(separator: string, ports: OutboxPorts) {
    this.#separator = separator;
    this.#ports = ports;
  }

  add(text: string): void {
    if (this.#count >= MAX_PER_BATCH) {
      this.#dropped += 1;
      return;
    }
    this.#text += this.#count === 0 ? text : this.#separator + text;
    this.#count += 1;
    if (this.#count === MAX_PER_BATCH) this.#send();
    else this.#plan();
  }

  /** The control thread has taken a batch. */
  taken(): void {
    this.#inFlight -= 1;
    if (this.#count === MAX_PER_BATCH) this.#send();
  }

  /** Sends what is left, before the thread ends. */
  flush(): void {
    this.#inFlight = 0;
    this.#send();
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
      if (this.#count < MAX_PER_BATCH) this.#plan();
      return;
    }
    const batch = { count: this.#count, text: this.#text, dropped: this.#dropped };
    this.#text = '';
    this.#count = 0;
    this.#dropped = 0;
    this.#inFlight += 1;
    this.#ports.post(batch);
  }
}
