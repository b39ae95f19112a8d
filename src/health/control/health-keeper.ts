/** Health of all backends: writes the prober's verdicts and passive ejections into the backend table. */
import type { Logger } from 'pino';
import type { Snapshot, SnapshotBackend, SnapshotPool } from '../../config/snapshot.ts';
import type { BackendTable } from '../../backends/backend-table.ts';
import type { SharedClock } from '../../runtime/shared-clock.ts';
import type { Circuits } from '../../breaker/circuits.ts';
import { OutageRecovery } from './outage-recovery.ts';
import { PassiveHealth } from './passive-health.ts';
import { Prober, type ProbeTarget } from './prober.ts';

export interface HealthKeeperPorts {
  readonly table: BackendTable;
  readonly circuits: Pick<Circuits, 'halfOpen'>;
  readonly clock: SharedClock;
  readonly log: Logger;
  readonly random: () => number;
  /** A probe verdict or an ejection has been written to the table. */
  readonly onChange?: (backendId: string) => void;
  /** Addresses of a backend that are down: they get probes, but no requests. */
  readonly addressesOf: (backend: SnapshotBackend) => readonly string[];
  readonly onAddressesDown: (backendId: string, down: readonly string[]) => void;
}

export interface LastProbe {
  /** Of the shared clock. */
  readonly checkedAt: number;
  /** Null when it succeeded. */
  readonly error: string | null;
  /** Consecutive failures, including this one. */
  readonly failures: number;
}

export class HealthKeeper {
  readonly #ports: HealthKeeperPorts;
  readonly #passive: PassiveHealth;
  readonly #recovery: OutageRecovery;
  readonly #prober: Prober;
  readonly #lastProbes = new Map<string, LastProbe>();
  /** By backend: the reason the probes gave when they found it down. */
  readonly #reasons = new Map<string, string>();
  #targets = new Map<string, { pool: SnapshotPool; backend: SnapshotBackend }>();
  #onProbed = (_id: string, _isThere: boolean): void => {};

  constructor(ports: HealthKeeperPorts) {
    this.#ports = ports;
    this.#passive = new PassiveHealth(ports.table, ports.clock.nowMs, ports.random, ports.log);
    this.#recovery = new OutageRecovery({ table: ports.table, circuits: ports.circuits, nowMs: ports.clock.nowMs });
    this.#prober = new Prober({
      log: ports.log,
      random: ports.random,
      onProbe: (id, result, isAnswered) => {
        const failures = isAnswered ? 0 : (this.#lastProbes.get(id)?.failures ?? 0) + 1;
        const error = result.ok ? null : result.error;
        this.#lastProbes.set(id, { checkedAt: ports.clock.nowMs(), error, failures });
        this.#onProbed(id, isAnswered);
        const target = this.#targets.get(id);
        if (target === undefined) return;
        // First, because the end of an ejection makes the backend available and ends the pool's outage.
        const isHalfOpen = this.#recovery.onProbe(target.pool, id, result.ok);
        if (isHalfOpen)
          ports.log.info({ backend: id, pool: target.pool.settings.name }, 'circuit half-open: a probe succeeded');
        const isBack = result.ok && this.#passive.onProbeSucceeded(id, target.backend.index);
        if (isHalfOpen || isBack) ports.onChange?.(id);
      },
      onAddressesDown: ports.onAddressesDown,
      onVerdict: (id, verdict, reason) => {
        const target = this.#targets.get(id);
        if (target === undefined) return;
        if (reason === null) this.#reasons.delete(id);
        else if (verdict === 'unchecked') this.#reasons.set(id, reason);
        else this.#reasons.set(id, failedProbes(this.#lastProbes.get(id)?.failures ?? 1, reason));
        ports.table.setHealth(target.backend.index, verdict);
        ports.onChange?.(id);
      },
    });
  }

  /** Probes the backends of the snapshot; those that stay keep their state. */
  update(snapshot: Snapshot): void {
    const { table, ...ports } = this.#ports;
    const targets: ProbeTarget[] = [];
    const before = this.#targets;
    this.#targets = new Map();
    for (const pool of snapshot.pools) {
      for (const [at, backend] of pool.backends.entries()) {
        this.#targets.set(backend.id, { pool, backend });
        const { healthCheck: check, insecureSkipTlsVerify, tls, protocol } = pool.settings;
        const addresses = ports.addressesOf(backend);
        if (check.enabled && pool.settings.backends[at]!.enabled && addresses.length > 0) {
          const { id, url } = backend;
          targets.push({
            id,
            slot: backend.index,
            url,
            addresses,
            pool: pool.settings.name,
            check,
            insecureSkipTlsVerify,
            tls,
            protocol,
          });
        } else {
          table.setHealth(backend.index, 'unknown');
        }
      }
    }
    this.#prober.update(targets);
    for (const [id, { backend }] of before) {
      // A different slot means a different server under the same id.
      if (this.#targets.get(id)?.backend.index === backend.index) continue;
      this.#lastProbes.delete(id);
      this.#reasons.delete(id);
      this.#passive.forget(id);
      this.#recovery.forget(id);
    }
  }

  /** Calls `listener` after each health check; `isThere`: it passed, or the backend is unchecked. One listener. */
  onProbed(listener: (backendId: string, isThere: boolean) => void): void {
    this.#onProbed = listener;
  }

  onPassiveErrors(backendId: string): void {
    const target = this.#targets.get(backendId);
    if (target === undefined) return;
    if (this.#passive.onErrors(target.pool, backendId)) this.#ports.onChange?.(backendId);
  }

  lastProbe(backendId: string): LastProbe | undefined {
    return this.#lastProbes.get(backendId);
  }

  /** Why the probes found it down: `3 failed probes: connect refused`, or why it is unchecked; null: neither. */
  probeReason(backendId: string): string | null {
    return this.#reasons.get(backendId) ?? null;
  }

  stop(): void {
    this.#prober.stop();
  }
}

function failedProbes(count: number, reason: string | null): string {
  return `${count} failed ${count === 1 ? 'probe' : 'probes'}: ${reason ?? 'unknown'}`;
}
