/**
 * Sends the spans, data points or log records of this gateway to its collector: one request at a time, the next one when that
 * has been answered. While the collector is away, a bounded queue fills up, and what comes then is dropped and counted.
 */
import type { Logger } from 'pino';
import { equalJitterMs } from '../../core/backoff.ts';
import type { Random } from '../../core/random.ts';
import { DROP_REASONS, type DropReason, MAX_PER_REQUEST, MAX_QUEUED, type Signal } from '../core/otlp-vocabulary.ts';
import { type PayloadSource, payload } from '../core/payload.ts';
import type { ExporterReport } from '../exporter-report.ts';
import type { OtlpBatch } from '../outbox.ts';
import type { OtlpTarget, PostResult } from './post-otlp.ts';
import { SpareBuffers } from './spare-buffers.ts';

export interface ExporterPorts {
  readonly post: (target: OtlpTarget, body: Buffer, signal: AbortSignal) => Promise<PostResult>;
  readonly source: () => PayloadSource;
  readonly log: Logger;
  /** It cannot be reached, or can again; for operators. */
  readonly onEvent: (severity: 'info' | 'warn', subject: Signal, message: string) => void;
  readonly nowMs: () => number;
  readonly wallMs: () => number;
  readonly random: Random;
  /** Calls back once, unless it is stopped. @returns stops it */
  readonly after: (ms: number, callback: () => void) => () => void;
}

export interface ExporterOptions {
  readonly signal: Signal;
  readonly target: OtlpTarget;
  /** Continued by the one that replaces it. */
  readonly counts: ExportCounts;
  /** Of batches: see payload. Default: they are that already. */
  readonly itemsOf?: (batches: readonly Uint8Array[]) => readonly Uint8Array[];
  /** Each batch is a request of its own. Default: they are sent together. */
  readonly isEachAlone?: boolean;
}

const RETRY_BASE_MS = 1000;
const MAX_RETRY_MS = 30_000;
/** A collector cannot ask for more. */
const MAX_RETRY_AFTER_MS = 60_000;
/** A request that was not accepted for so long is given up. */
const MAX_AGE_MS = 60_000;
/** Between two reports of an outage: a collector that comes and goes is one. */
const REPORT_MS = 60_000;

/** Since the start of the process. */
export interface ExportCounts {
  exported: number;
  readonly dropped: Record<DropReason, number>;
}

export function noCounts(): ExportCounts {
  return {
    exported: 0,
    dropped: Object.fromEntries(DROP_REASONS.map((reason) => [reason, 0])) as ExportCounts['dropped'],
  };
}

interface Sending {
  readonly body: Buffer;
  readonly count: number;
  readonly sinceMs: number;
}

export class OtlpExporter {
  readonly signal: Signal;
  readonly #target: OtlpTarget;
  readonly #options: ExporterOptions;
  readonly #counts: ExportCounts;
  readonly #ports: ExporterPorts;
  readonly #stop = new AbortController();
  #queue: Pick<OtlpBatch, 'bytes' | 'count'>[] = [];
  #queued = 0;
  readonly #spare = new SpareBuffers();
  /** Of all requests: one after the other. */
  #body = Buffer.alloc(0);
  /** Being sent, or to be sent again. */
  #sending: Sending | null = null;
  #running: Promise<void> | null = null;
  /** Ends the pause before the next attempt; null: there is none. */
  #endPause: (() => void) | null = null;
  /** In a row. */
  #failures = 0;
  #failingSinceMs: number | null = null;
  #lastError: string | null = null;
  #reportedMs = Number.NEGATIVE_INFINITY;
  #isReported = false;
  /** Set while it closes. */
  #onIdle: (() => void) | null = null;
  /** It closes, and a request has failed. */
  #hasGivenUp = false;

  constructor(options: ExporterOptions, ports: ExporterPorts) {
    this.signal = options.signal;
    this.#target = options.target;
    this.#options = options;
    this.#counts = options.counts;
    this.#ports = ports;
  }

  get report(): ExporterReport {
    return {
      signal: this.signal,
      endpoint: shown(this.#target.url),
      state: this.#failingSinceMs === null ? 'ok' : 'failing',
      failingSinceMs: this.#failingSinceMs,
      lastError: this.#lastError,
      exportedTotal: this.#counts.exported,
      droppedTotal: { ...this.#counts.dropped },
      queued: this.#queued + (this.#sending?.count ?? 0),
    };
  }

  /** Keeps a copy. */
  add({ bytes, count, dropped }: OtlpBatch): void {
    this.#counts.dropped.full += dropped;
    if (count === 0) return;
    if (this.#queued + count > MAX_QUEUED) {
      this.#counts.dropped.full += count;
      return;
    }
    this.#queue.push({ bytes: this.#spare.copyOf(bytes), count });
    this.#queued += count;
    this.#pump();
  }

  /** All metrics of now: they replace older ones that wait, and contain what those said. */
  replace(pieces: readonly Pick<OtlpBatch, 'bytes' | 'count'>[]): void {
    // What would be sent again is older.
    if (this.#running === null) this.#sending = null;
    this.#queue = [...pieces];
    this.#queued = pieces.reduce((sum, { count }) => sum + count, 0);
    this.#pump();
  }

  /** Sends what waits, at once and for this long at most; then it is stopped. */
  async close(maxMs: number): Promise<void> {
    const isIdle = new Promise<void>((resolve) => {
      this.#onIdle = resolve;
    });
    let endWait: () => void = () => undefined;
    const isLate = new Promise<void>((resolve) => {
      endWait = this.#ports.after(maxMs, resolve);
    });
    const end = this.#endPause;
    if (end !== null) end();
    this.#pump();
    await Promise.race([isIdle, isLate]);
    endWait();
    this.#stop.abort();
    this.#endPause = null;
    this.#counts.dropped.stopped += this.#queued + (this.#sending?.count ?? 0);
    this.#queue = [];
    this.#queued = 0;
    this.#sending = null;
  }

  #pump(): void {
    if (this.#running !== null || this.#endPause !== null || this.#hasGivenUp || this.#stop.signal.aborted) return;
    this.#sending ??= this.#next();
    if (this.#sending === null) {
      this.#onIdle?.();
      return;
    }
    this.#running = this.#send(this.#sending).then(() => {
      this.#running = null;
      this.#pump();
    });
  }

  #next(): Sending | null {
    const batches: Uint8Array<ArrayBuffer>[] = [];
    let count = 0;
    const { isEachAlone = false, itemsOf = (all) => all } = this.#options;
    while (this.#queue.length > 0 && (batches.length === 0 || count + this.#queue[0]!.count <= MAX_PER_REQUEST)) {
      const batch = this.#queue.shift()!;
      batches.push(batch.bytes);
      count += batch.count;
      if (isEachAlone) break;
    }
    if (batches.length === 0) return null;
    this.#queued -= count;
    const body = payload(this.signal, this.#ports.source(), itemsOf(batches), (bytes) => this.#bodyOf(bytes));
    for (const batch of batches) this.#spare.release(batch);
    return { body, count, sinceMs: this.#ports.nowMs() };
  }

  #bodyOf(bytes: number): Buffer {
    if (this.#body.length < bytes) this.#body = Buffer.allocUnsafeSlow(bytes);
    return this.#body.subarray(0, bytes);
  }

  async #send(sending: Sending): Promise<void> {
    const result = await this.#ports.post(this.#target, sending.body, this.#stop.signal);
    if (this.#stop.signal.aborted) return;
    if (result.kind === 'done') {
      this.#sending = null;
      const rejected = Math.min(result.rejected, sending.count);
      this.#counts.exported += sending.count - rejected;
      this.#counts.dropped.rejected += rejected;
      this.#onDone(rejected, result.message);
      return;
    }
    this.#onFailed(result.reason);
    if (result.kind === 'refused') {
      this.#counts.dropped.refused += sending.count;
      this.#sending = null;
    } else if (this.#ports.nowMs() - sending.sinceMs >= MAX_AGE_MS) {
      this.#counts.dropped.expired += sending.count;
      this.#sending = null;
    }
    this.#pause(result.kind === 'retry' ? result.afterMs : null);
  }

  /** When it closes, each request is tried once more. */
  #pause(afterMs: number | null): void {
    if (this.#onIdle !== null) {
      this.#hasGivenUp = true;
      this.#onIdle();
      return;
    }
    const { after, random } = this.#ports;
    const ownMs = equalJitterMs(this.#failures - 1, RETRY_BASE_MS, MAX_RETRY_MS, random());
    const stopTimer = after(Math.min(MAX_RETRY_AFTER_MS, afterMs ?? ownMs), () => {
      this.#endPause = null;
      this.#pump();
    });
    this.#endPause = () => {
      stopTimer();
      this.#endPause = null;
    };
  }

  #onDone(rejected: number, message: string): void {
    const { log, onEvent, nowMs } = this.#ports;
    const { signal } = this;
    this.#failures = 0;
    this.#failingSinceMs = null;
    this.#lastError = null;
    if (this.#isReported) {
      this.#isReported = false;
      log.info({ signal }, 'telemetry is exported again');
      onEvent('info', signal, `${signal} are exported again`);
    }
    if (rejected > 0 && nowMs() - this.#reportedMs >= REPORT_MS) {
      this.#reportedMs = nowMs();
      log.warn({ signal, rejected, reason: message }, 'collector rejected a part of the telemetry');
      onEvent('warn', signal, `the collector rejected some ${signal}: ${message === '' ? 'no reason given' : message}`);
    }
  }

  #onFailed(reason: string): void {
    const { log, onEvent, nowMs, wallMs } = this.#ports;
    const { signal } = this;
    this.#failures += 1;
    this.#lastError = reason;
    this.#failingSinceMs ??= wallMs();
    if (this.#isReported || nowMs() - this.#reportedMs < REPORT_MS) return;
    this.#isReported = true;
    this.#reportedMs = nowMs();
    log.warn({ signal, endpoint: shown(this.#target.url), reason }, 'telemetry cannot be exported');
    onEvent('warn', signal, `${signal} cannot be exported: ${reason}`);
  }
}

/** Without what may be secret. */
function shown(url: string): string {
  const { origin, pathname } = new URL(url);
  return origin + pathname;
}
