/** The exporters of this gateway: one for each signal that has an endpoint, with the settings of now. */
import { isDeepStrictEqual } from 'node:util';
import type { TelemetrySettings } from '../../config/settings.ts';
import { repeat } from '../../runtime/repeat.ts';
import type { LogTap } from '../log-tap.ts';
import { logRecord } from '../log-record.ts';
import type { MetricPiece } from '../core/metric-text.ts';
import { SIGNALS, type Signal } from '../core/otlp-vocabulary.ts';
import type { PayloadSource } from '../core/payload.ts';
import type { ExporterReport } from '../exporter-report.ts';
import { Outbox, type OtlpBatch } from '../outbox.ts';
import { type ExporterPorts, noCounts, OtlpExporter } from './otlp-exporter.ts';
import type { OtlpTarget } from './post-otlp.ts';

export interface OtlpPorts extends Omit<ExporterPorts, 'source'> {
  readonly version: string;
  /** Name of this gateway. */
  readonly instance: () => string;
  /** Of the control thread's log; null: its lines are not exported. */
  readonly logTap: LogTap | null;
}

const PATHS: Readonly<Record<Signal, string>> = { traces: '/v1/traces', metrics: '/v1/metrics', logs: '/v1/logs' };
/** Between two batches of lines. */
const BATCH_MS = 1000;
/** For the last request of exporters that end, because of new settings or a stop. */
const LAST_MS = 3000;

interface Running {
  readonly exporter: OtlpExporter;
  readonly target: OtlpTarget;
}

export class OtlpExports {
  readonly #ports: OtlpPorts;
  readonly #running = new Map<Signal, Running>();
  readonly #counts = { traces: noCounts(), metrics: noCounts(), logs: noCounts() };
  readonly #lines: Outbox;
  #settings: TelemetrySettings | null = null;
  #collect: (() => Promise<readonly MetricPiece[]>) | null = null;
  #stopRounds: (() => Promise<void>) | null = null;
  #isClosed = false;

  constructor(ports: OtlpPorts) {
    this.#ports = ports;
    this.#lines = new Outbox('', {
      post: (batch) => {
        this.add('logs', batch);
        this.#lines.taken(batch.bytes.buffer);
      },
      later: (callback) => void ports.after(BATCH_MS, callback),
    });
  }

  /** Of the signals that are exported. */
  get reports(): readonly ExporterReport[] {
    return [...this.#running.values()].map(({ exporter }) => exporter.report);
  }

  /** These settings from now on. What waits for another endpoint is sent there. */
  use(settings: TelemetrySettings): void {
    if (this.#isClosed) return;
    const before = this.#settings;
    this.#settings = settings;
    for (const signal of SIGNALS) this.#useTarget(signal, targetOf(settings, signal));
    const { logTap } = this.#ports;
    if (logTap !== null) logTap.onLine = this.#running.has('logs') ? (line) => this.#lines.add(line) : null;
    const { metrics } = settings;
    if (before?.metrics.intervalMs !== metrics.intervalMs || !this.#running.has('metrics')) void this.#endRounds();
    if (this.#running.has('metrics')) this.#stopRounds ??= repeat(() => this.#collectMetrics(), metrics.intervalMs);
  }

  /** @param collect all metrics of now */
  connect(collect: () => Promise<readonly MetricPiece[]>): void {
    this.#collect = collect;
  }

  add(signal: Signal, batch: OtlpBatch): void {
    this.#running.get(signal)?.exporter.add(batch);
  }

  /** The metrics a last time: while those who know them are still there. */
  async endMetrics(): Promise<void> {
    await this.#endRounds();
    await this.#collectMetrics();
    this.#collect = null;
  }

  /** Sends what is left, for a short time at most. */
  async close(): Promise<void> {
    const { logTap } = this.#ports;
    if (logTap !== null) logTap.onLine = null;
    this.#lines.flush();
    this.#isClosed = true;
    await this.#endRounds();
    await Promise.all([...this.#running.values()].map(({ exporter }) => exporter.close(LAST_MS)));
  }

  #useTarget(signal: Signal, target: OtlpTarget | null): void {
    const running = this.#running.get(signal);
    if (isDeepStrictEqual(running?.target ?? null, target)) return;
    void running?.exporter.close(LAST_MS);
    this.#running.delete(signal);
    if (target === null) return;
    const exporter = new OtlpExporter(
      {
        signal,
        target,
        counts: this.#counts[signal],
        ...(signal === 'logs' ? { itemsOf: (batches) => recordsIn(batches, this.#ports.wallMs()) } : {}),
        isEachAlone: signal === 'metrics',
      },
      { ...this.#ports, source: () => this.#source() },
    );
    this.#running.set(signal, { exporter, target });
  }

  /** Metrics that cannot be collected come with the next round. */
  async #collectMetrics(): Promise<void> {
    const running = this.#running.get('metrics');
    if (running === undefined || this.#collect === null) return;
    try {
      const pieces = await this.#collect();
      running.exporter.replace(pieces.map(({ text, count }) => ({ bytes: Buffer.from(text), count })));
    } catch (error) {
      this.#ports.log.error({ err: error }, 'metrics cannot be collected');
    }
  }

  async #endRounds(): Promise<void> {
    const stop = this.#stopRounds;
    this.#stopRounds = null;
    await stop?.();
  }

  #source(): PayloadSource {
    const { version, instance } = this.#ports;
    const { serviceName, resource } = this.#settings!;
    return {
      version,
      resource: {
        'service.name': serviceName,
        'service.version': version,
        'service.instance.id': instance(),
        'telemetry.sdk.name': 'sluice',
        'telemetry.sdk.language': 'nodejs',
        'telemetry.sdk.version': version,
        ...resource,
      },
    };
  }
}

/** Null: off. */
function targetOf(settings: TelemetrySettings, signal: Signal): OtlpTarget | null {
  const { endpoint, headers } = settings[signal];
  if (endpoint === '') return null;
  const url = new URL(endpoint);
  if (url.pathname === '/') url.pathname = PATHS[signal];
  return { url: url.href, headers };
}

function recordsIn(batches: readonly Uint8Array[], nowMs: number): readonly Uint8Array[] {
  const records = batches
    .flatMap((batch) => Buffer.from(batch.buffer, batch.byteOffset, batch.length).toString().split('\n'))
    .flatMap((line) => (line === '' ? [] : (logRecord(line, nowMs) ?? [])));
  return records.map((record) => Buffer.from(record));
}
