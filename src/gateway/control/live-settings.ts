/** The current settings, and the only way to change them: on every part of the control thread, then on all threads. */
import type { Logger } from 'pino';
import type { RouteSettings, Settings } from '../../config/settings.ts';
import type { Snapshot } from '../../config/snapshot.ts';
import { isSamePolicy, limitPolicies, type RouteLimits, routeLimits } from '../../limits/limit-policy.ts';
import { compileSnapshot, type LiveSnapshot } from '../../routing/live-snapshot.ts';
import type { PoolPorts } from '../../balancing/pool.ts';
import { compilePolicies } from '../../policies/compile-policies.ts';
import type { RateLimiter } from '../../limits/rate-limiter.ts';
import type { HealthKeeper } from '../../health/control/health-keeper.ts';
import type { RiskLog } from './risk-log.ts';
import type { SnapshotBuilder } from './snapshot-builder.ts';

export interface LiveSettingsPorts {
  readonly builder: SnapshotBuilder;
  readonly limiter: RateLimiter;
  readonly pools: Omit<PoolPorts, 'place'>;
  readonly health: Pick<HealthKeeper, 'update'>;
  readonly nowMs: () => number;
  readonly risks: Pick<RiskLog, 'applied'>;
  readonly log: Logger;
}

export class LiveSettings {
  readonly #ports: LiveSettingsPorts;
  #settings: Settings;
  #snapshot: Snapshot;
  #compiled: LiveSnapshot | null = null;
  readonly #listeners: (() => void)[] = [];

  /** Before any thread runs. Throws RangeError if the tables cannot hold the settings. */
  constructor(settings: Settings, ports: LiveSettingsPorts) {
    this.#ports = ports;
    this.#settings = settings;
    this.#snapshot = this.#build(settings);
    this.#changeLimits(null, settings);
    ports.health.update(this.#snapshot);
    ports.risks.applied(settings);
  }

  get settings(): Settings {
    return this.#settings;
  }

  /** As the threads look routes up; its pools are not theirs. */
  get compiled(): LiveSnapshot {
    return this.#compiled!;
  }

  get snapshot(): Snapshot {
    return this.#snapshot;
  }

  /** @param listener called whenever the control thread has new settings. */
  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /**
   * One at a time. Throws before anything has changed if the settings cannot be applied.
   * @param publish resolves when the snapshot applies on every thread.
   */
  async apply(settings: Settings, publish: (snapshot: Snapshot) => Promise<void>): Promise<void> {
    const { builder, health, risks, log } = this.#ports;
    const snapshot = this.#build(settings);
    const before = this.#settings;
    risks.applied(settings);
    this.#settings = settings;
    this.#snapshot = snapshot;
    log.level = settings.log.level;
    health.update(snapshot);
    this.#changeLimits(before, settings);
    for (const listener of this.#listeners) listener();
    await publish(snapshot);
    builder.settle(settings);
    builder.settleAddresses(snapshot);
  }

  /** Sends the currently known addresses to all threads. The settings and the version stay the same. */
  async readdress(publish: (snapshot: Snapshot) => Promise<void>): Promise<void> {
    const { builder, health } = this.#ports;
    const snapshot = builder.readdress(this.#snapshot);
    const isNew = snapshot !== this.#snapshot;
    this.#snapshot = snapshot;
    // Also if only addresses that get no requests have changed: they are probed.
    health.update(snapshot);
    if (!isNew) return;
    await publish(snapshot);
    builder.settleAddresses(snapshot);
  }

  /** Built here as the threads will build it: settings they cannot use must not reach them. */
  #build(settings: Settings): Snapshot {
    const snapshot = this.#ports.builder.build(settings);
    this.#compiled = compileSnapshot(snapshot, { ...this.#ports.pools, policiesOf: compilePolicies });
    return snapshot;
  }

  /** Buckets keep their share of tokens: nobody gets a full one, and nobody waits longer than the new rate requires. */
  #changeLimits(before: Settings | null, after: Settings): void {
    const { limiter, nowMs } = this.#ports;
    const wanted = limitPolicies(after.rateLimit);
    const known = before === null ? { ...wanted, global: null } : limitPolicies(before.rateLimit);
    if (!isSamePolicy(known.default, wanted.default)) {
      limiter.table.rescaleDefault(known.default, wanted.default, nowMs());
    }
    if (!isSamePolicy(known.global, wanted.global)) limiter.setGlobal(wanted.global, nowMs());
    limiter.setRoutes(limitsOf(before?.routes ?? []), limitsOf(after.routes), nowMs());
  }
}

function limitsOf(routes: readonly RouteSettings[]): RouteLimits[] {
  return routes.flatMap((route) => routeLimits(route) ?? []);
}
