/**
 * The lines of one thread on their way to a {@link LogSink}: kept in a buffer of fixed size, written together after a few
 * milliseconds, and dropped and counted while the buffer is full. Never throws, never waits.
 */
import { LineRing } from '../core/line-ring.ts';
import type { LogSink } from './log-sink.ts';

const CAPACITY_BYTES = 1_048_576;
/** A write for each turn of the event loop cost a twentieth of a small GET that is logged (bench). */
export const GATHER_MS = 4;
/** A full pipe is retried after this time, which doubles with every retry. */
const FIRST_RETRY_MS = 1;
const LAST_RETRY_MS = 64;
/** A full disk, a closed pipe. */
const BROKEN_RETRY_MS = 1000;
/** At the end of the process, for a slow reader. */
const FLUSH_MS = 500;
const FLUSH_PAUSE_MS = 5;

export interface LogOutputOptions {
  /** Size of the buffer, bytes. Default 1 MiB. */
  readonly capacity?: number;
  /** For each line that is dropped. */
  readonly onDrop?: () => void;
}

/** Lines lost, once there is room again. */
export interface Dropped {
  readonly lines: number;
  /** The system's error: EAGAIN if nobody read. */
  readonly cause: string;
}

export class LogOutput {
  /** Called when lines are accepted again after some were dropped; may write a line about it. */
  onResumed: ((dropped: Dropped) => void) | null = null;
  readonly #sink: LogSink;
  readonly #ring: LineRing;
  readonly #onDrop: (() => void) | undefined;
  /** The bytes that the sink is writing now: they start where the ring does. */
  #inFlight = 0;
  #isScheduled = false;
  #isDropping = false;
  #unreported = 0;
  #droppedTotal = 0;
  #retryMs = FIRST_RETRY_MS;
  #cause = 'EAGAIN';

  constructor(sink: LogSink, { capacity = CAPACITY_BYTES, onDrop }: LogOutputOptions = {}) {
    this.#sink = sink;
    this.#ring = new LineRing(capacity);
    this.#onDrop = onDrop;
  }

  /** Lines since the start. */
  get droppedTotal(): number {
    return this.#droppedTotal;
  }

  /** @param line ends with a newline */
  write(line: string): void {
    if (this.#isDropping || !this.#ring.add(line)) {
      this.#isDropping = true;
      this.#unreported += 1;
      this.#droppedTotal += 1;
      this.#onDrop?.();
    }
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setTimeout(this.#flush, GATHER_MS);
  }

  /** Writes what waits, as long as the reader takes it, for half a second at most. */
  flushSync(): void {
    const deadlineMs = performance.now() + FLUSH_MS;
    // The bytes being written are already with the system.
    this.#ring.take(this.#inFlight);
    this.#inFlight = 0;
    while (this.#ring.size > 0) {
      try {
        this.#ring.take(this.#sink.writeSync(this.#ring.bytes, this.#ring.nextAt, this.#nextLength()));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EAGAIN' || performance.now() > deadlineMs) return;
        Atomics.wait(PAUSE, 0, 0, FLUSH_PAUSE_MS);
      }
    }
  }

  readonly #flush = (): void => {
    if (this.#ring.size === 0) this.#rest();
    else if (this.#inFlight === 0) {
      this.#inFlight = this.#nextLength();
      this.#sink.write(this.#ring.bytes, this.#ring.nextAt, this.#inFlight, this.#onWritten);
    }
  };

  readonly #onWritten = (code: string | null, written: number): void => {
    // Flushed meanwhile: the process ends.
    if (this.#inFlight === 0) return;
    this.#inFlight = 0;
    this.#ring.take(written);
    if (written > 0) this.#retryMs = FIRST_RETRY_MS;
    if (code === null) {
      this.#resume();
      this.#flush();
      return;
    }
    this.#cause = code;
    const waitMs = code === 'EAGAIN' ? this.#retryMs : BROKEN_RETRY_MS;
    if (code === 'EAGAIN') this.#retryMs = Math.min(LAST_RETRY_MS, this.#retryMs * 2);
    setTimeout(this.#flush, waitMs).unref();
  };

  #rest(): void {
    this.#isScheduled = false;
    this.#resume();
  }

  /** Not before half of the buffer is free: one notice per stall, not one per gap. */
  #resume(): void {
    if (!this.#isDropping || this.#ring.size > this.#ring.bytes.length / 2) return;
    this.#isDropping = false;
    const lines = this.#unreported;
    this.#unreported = 0;
    this.onResumed?.({ lines, cause: this.#cause });
  }

  #nextLength(): number {
    return this.#ring.nextLength(this.#sink.maxBytes);
  }
}

const PAUSE = new Int32Array(new SharedArrayBuffer(4));
