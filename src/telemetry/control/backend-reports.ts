/** Adds up what the shared tables hold about one backend; gateway-telemetry.ts builds the rest of the report. */
import { maxRequests } from '../../balancing/core/max-requests.ts';
import type { SnapshotBackend, SnapshotPool } from '../../config/snapshot.ts';
import {
  CLOSED,
  FORCED_OPEN,
  stateName,
  stateOf,
  successesOf,
  trialsOf,
  tripsOf,
} from '../../breaker/core/circuit-breaker.ts';
import { HISTOGRAM_CELLS } from '../../core/histogram.ts';
import { round } from '../../core/round.ts';
import { opaqueId } from '../../net/opaque-id.ts';
import { UNCHECKED_HINT } from '../../health/core/default-check.ts';
import { unavailableReason } from '../../backends/availability.ts';
import { readBackendMetrics } from '../../backends/backend-metrics.ts';
import type { BackendOrigin } from '../../backends/backend-overlay.ts';
import type { BackendCondition } from '../../backends/condition.ts';
import type { BackendReport, CircuitReport } from './reports.ts';
import type { SharedTables } from '../../threads/shared-memory.ts';
import type { BackendAddresses } from '../../addresses/control/backend-addresses.ts';
import { type HistogramWindow, percentilesOf, windowOf } from './histogram-window.ts';

export interface BackendReportPorts {
  readonly tables: SharedTables;
  readonly probe: (backendId: string) => { readonly checkedAt: number; readonly error: string | null } | undefined;
  readonly addresses: Pick<BackendAddresses, 'known' | 'used' | 'resolution'>;
  /** State, slow start, adaptation. */
  readonly condition: (backendId: string) => BackendCondition;
  /** Of a current backend. */
  readonly origin: (backendId: string) => BackendOrigin | undefined;
}

/** Only while a change is on its way to the threads. */
const UNKNOWN_ORIGIN: BackendOrigin = { source: 'api', overrides: [], file: null, version: 0 };

export class BackendReports {
  readonly #ports: BackendReportPorts;
  /** By slot: under the same id, another server has another one. */
  readonly #windows = new Map<number, HistogramWindow>();
  /** Computed once a snapshot, shown every second. */
  readonly #opaqueIds = new WeakMap<SnapshotBackend, string>();

  constructor(ports: BackendReportPorts) {
    this.#ports = ports;
  }

  /** Every ten seconds, with the current backends. */
  rotate(backends: readonly Pick<SnapshotBackend, 'index'>[]): void {
    const slots = new Set(backends.map(({ index }) => index));
    for (const slot of slots) windowOf(this.#windows, slot).rotate(this.#histogram(slot));
    for (const slot of this.#windows.keys()) if (!slots.has(slot)) this.#windows.delete(slot);
  }

  /** Its counters have been reset: earlier values are no baseline any more. */
  forget(slot: number): void {
    this.#windows.delete(slot);
  }

  report(pool: SnapshotPool, at: number, nowMs: number): BackendReport {
    const { tables, probe, condition } = this.#ports;
    const { backends: table, clock } = tables;
    const { id, url, index, backup, maxInFlight, region, zone } = pool.backends[at]!;
    const { circuitBreaker } = pool.settings;
    const health = table.health(index);
    const isFull =
      (maxInFlight !== null && table.isFull(index, maxInFlight)) ||
      table.hasNoConnection(index, maxRequests(pool.settings));
    const reason = unavailableReason(table, index, circuitBreaker, nowMs) ?? (isFull ? 'full' : null);
    const probed = probe(id);
    const window = { successes: 0, failures: 0 };
    table.window(index, nowMs, circuitBreaker.windowMs, window);
    const latency = percentilesOf(this.#windows, index, this.#histogram(index));
    return {
      id,
      origin: this.#ports.origin(id) ?? UNKNOWN_ORIGIN,
      opaqueId: this.#opaqueId(pool, pool.backends[at]!),
      url,
      ...this.#addresses(id, url),
      pool: pool.settings.name,
      weight: pool.settings.backends[at]!.weight,
      effectiveWeight: round(table.weight(index)),
      enabled: table.isEnabled(index),
      backup,
      maxInFlight,
      region,
      zone,
      draining: table.isDraining(index),
      probes: pool.settings.healthCheck.enabled ? health : 'unchecked',
      hint: health === 'unchecked' ? UNCHECKED_HINT : null,
      healthy: health === 'up' ? true : health === 'down' ? false : null,
      lastError: probed?.error ?? null,
      available: reason === null,
      reason,
      circuit: this.#circuit(pool, index, nowMs, window),
      ...readBackendMetrics({ table, index, window, latency }),
      ...condition(id),
      lastCheckedAt: probed === undefined ? null : clock.wallMs(probed.checkedAt),
    };
  }

  #opaqueId({ settings }: SnapshotPool, backend: SnapshotBackend): string {
    const known = this.#opaqueIds.get(backend);
    if (known !== undefined) return known;
    const made = opaqueId(settings.sticky.keys[0]?.secret ?? this.#ports.tables.stickySecret, backend.id);
    this.#opaqueIds.set(backend, made);
    return made;
  }

  #addresses(id: string, url: string): Pick<BackendReport, 'addresses' | 'addressesDown' | 'resolution'> {
    const { addresses: book, tables } = this.#ports;
    const addresses = book.used({ id, url });
    const resolution = book.resolution(url);
    const wallMs = (atMs: number | null): number | null => (atMs === null ? null : tables.clock.wallMs(atMs));
    return {
      addresses,
      addressesDown: book.known({ id, url }).filter((address) => !addresses.includes(address)),
      resolution: resolution && {
        host: resolution.host,
        since: wallMs(resolution.sinceMs),
        checkedAt: wallMs(resolution.checkedMs),
        error: resolution.error,
      },
    };
  }

  #circuit(
    pool: SnapshotPool,
    index: number,
    nowMs: number,
    window: { readonly successes: number; readonly failures: number },
  ): CircuitReport {
    const { backends: table, clock } = this.#ports.tables;
    const word = table.circuitWord(index);
    const openUntil = table.openUntil(index, word);
    const lastFailure = table.lastFailure(index);
    // Open, but its time has expired: it admits a trial, although no request has asked yet.
    const isOver = stateName(word) === 'open' && nowMs >= openUntil;
    return {
      enabled: pool.settings.circuitBreaker.enabled,
      state: isOver ? 'half-open' : stateName(word),
      consecutiveFailures: table.consecutiveFailures(index),
      windowRequests: window.successes + window.failures,
      windowFailures: window.failures,
      trials: trialsOf(word),
      trialSuccesses: successesOf(word),
      trips: tripsOf(word),
      retryAt: stateOf(word) === CLOSED || isOver ? null : clock.wallMs(Math.max(nowMs, openUntil)),
      forcedUntil: stateOf(word) === FORCED_OPEN && openUntil > nowMs ? clock.wallMs(openUntil) : null,
      lastFailureAt: lastFailure === 0 ? null : clock.wallMs(lastFailure),
    };
  }

  #histogram(index: number): Float64Array {
    const { backends: table } = this.#ports.tables;
    const histogram = new Float64Array(HISTOGRAM_CELLS);
    table.addHistogram(index, histogram);
    return histogram;
  }
}
