/** Health of all backends: the prober's verdicts and passive ejections, put into the backend table. */
import type { Logger } from 'pino';
import type { Snapshot, SnapshotBackend, SnapshotPool } from '../config/snapshot.ts';
import type { BackendTable } from '../state/backend-table.ts';
import type { SharedClock } from '../state/shared-clock.ts';
import { PassiveHealth } from './passive-health.ts';
import { Prober, type ProbeTarget } from './prober.ts';

export interface HealthKeeperPorts {
  readonly table: BackendTable;
  readonly clock: SharedClock;
  readonly log: Logger;
  readonly random: () => number;
}

export interface LastProbe {
  /** Of the shared clock. */
  readonly checkedAt: number;
  /** Null when it succeeded. */
  readonly error: string | null;
}

export class HealthKeeper {
  readonly #ports: HealthKeeperPorts;
  readonly #passive: PassiveHealth;
  readonly #prober: Prober;
  readonly #lastProbes = new Map<string, LastProbe>();
  #placeOf = new Map<string, { pool: SnapshotPool; backend: SnapshotBackend }>();

  constructor(ports: HealthKeeperPorts) {
    this.#ports = ports;
    this.#passive = new PassiveHealth(ports.table, ports.clock.nowMs, ports.random, ports.log);
    this.#prober = new Prober({
      log: ports.log,
      random: ports.random,
      onProbe: (id, result) => {
        this.#lastProbes.set(id, { checkedAt: ports.clock.nowMs(), error: result.ok ? null : result.error });
        const place = this.#placeOf.get(id);
        if (place !== undefined && result.ok) this.#passive.onProbeSucceeded(id, place.backend.index);
      },
      onVerdict: (id, isHealthy) => {
        const place = this.#placeOf.get(id);
        if (place !== undefined) ports.table.setHealth(place.backend.index, isHealthy ? 'up' : 'down');
      },
    });
  }

  /** Probes what the snapshot says; backends that stay keep their state. */
  update(snapshot: Snapshot): void {
    const { table } = this.#ports;
    const targets: ProbeTarget[] = [];
    const before = this.#placeOf;
    this.#placeOf = new Map();
    for (const pool of snapshot.pools) {
      for (const [at, backend] of pool.backends.entries()) {
        this.#placeOf.set(backend.id, { pool, backend });
        const { healthCheck: check, insecureSkipTlsVerify } = pool.settings;
        if (check.enabled && pool.settings.backends[at]!.enabled) {
          targets.push({ id: backend.id, url: backend.url, pool: pool.settings.name, check, insecureSkipTlsVerify });
        } else {
          table.setHealth(backend.index, 'unknown');
        }
      }
    }
    this.#prober.update(targets);
    for (const [id, { backend }] of before) {
      // With another slot it is another server under the same id.
      if (this.#placeOf.get(id)?.backend.index === backend.index) continue;
      this.#lastProbes.delete(id);
      this.#passive.forget(id);
    }
  }

  onPassiveErrors(backendId: string): void {
    const place = this.#placeOf.get(backendId);
    if (place !== undefined) this.#passive.onErrors(place.pool, backendId);
  }

  lastProbe(backendId: string): LastProbe | undefined {
    return this.#lastProbes.get(backendId);
  }

  stop(): void {
    this.#prober.stop();
  }
}
