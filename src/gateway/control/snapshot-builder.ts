/**
 * Builds snapshots of settings: gives every backend, pool and route its slot in the shared tables.
 *
 * Whatever stays configured keeps its slot, and with it health, circuit, averages and counters. Once removed, it still
 * keeps the slot until nothing runs there and no request of an earlier snapshot can come any more: then the slot is
 * reused. If it comes back before that, it finds its old state.
 */
import { isDeepStrictEqual } from 'node:util';
import { secretNamesOf } from '../../recording/secret-names-of.ts';
import { onDemandLimits } from '../../acme/on-demand.ts';
import type {
  BackendSettings,
  LiveTlsSettings,
  PoolSettings,
  RouteSettings,
  Settings,
  StickyKey,
  TlsSettings,
} from '../../config/settings.ts';
import type { Snapshot } from '../../config/snapshot.ts';
import { MAX_BACKENDS, MAX_PLUGINS, MAX_POOLS, MAX_ROUTES } from '../../runtime/table-sizes.ts';
import { bareHost } from '../../net/backend-url.ts';
import type { BackendTable } from '../../backends/backend-table.ts';
import type { MetricsTable } from '../../runtime/metrics-table.ts';
import { Slots } from '../../runtime/slots.ts';
import { EffectiveWeights } from '../../balancing/control/effective-weights.ts';

/** This long after its removal, no earlier request is still looking for a backend (retry, slow body), ms. */
const RETIRED_MS = 300_000;

export interface BuilderPorts {
  readonly backends: BackendTable;
  readonly metrics: MetricsTable;
  readonly nowMs: () => number;
  /** Where a backend's connections currently go. Default: to the host in its URL. */
  readonly addresses?: (backend: Pick<BackendSettings, 'id' | 'url'>) => readonly string[];
  /** The writer of weights. Default: a private one. */
  readonly weights?: EffectiveWeights;
  /** A pool has taken this slot: nothing of an earlier one may be left. Default: nothing is counted by pool. */
  readonly occupyPool?: (slot: number) => void;
}

export class SnapshotBuilder {
  readonly #backends = new Slots(MAX_BACKENDS, 'backends');
  readonly #pools = new Slots(MAX_POOLS, 'pools');
  readonly #routes = new Slots(MAX_ROUTES, 'routes');
  readonly #plugins = new Slots(MAX_PLUGINS, 'plugins');
  readonly #ports: BuilderPorts;
  readonly #weights: EffectiveWeights;
  /** By backend key: as in the last settings. Later changes (adaptation) stay until the settings change. */
  readonly #configured = new Map<string, BackendSettings>();
  readonly #retiredBackends = new Map<string, number>();
  readonly #retiredRoutes = new Map<string, number>();
  readonly #retiredPools = new Map<string, number>();
  #version = 0;
  #madeKeys: readonly StickyKey[] = [];

  constructor(ports: BuilderPorts) {
    this.#ports = ports;
    this.#weights = ports.weights ?? new EffectiveWeights(ports.backends);
  }

  /**
   * For pools without `sticky.keys`, from the next snapshot on: the first signs, and names backends, the others are
   * still accepted. Until then each gateway uses a secret of its own.
   */
  useStickyKeys(keys: readonly StickyKey[]): void {
    this.#madeKeys = keys;
  }

  /** Throws RangeError if there is more of anything than the tables hold. */
  build(settings: Settings): Snapshot {
    const { nowMs } = this.#ports;
    const keys = new Set(settings.pools.flatMap((pool) => pool.backends.map(keyOf)));
    const routes = new Set(settings.routes.flatMap(rowNames));
    const pools = new Set(settings.pools.map((pool) => pool.name));
    assertAtMost(keys.size, MAX_BACKENDS, 'backends');
    assertAtMost(routes.size, MAX_ROUTES, 'routes');
    assertAtMost(pools.size, MAX_POOLS, 'pools');
    assertAtMost(Object.keys(settings.plugins).length, MAX_PLUGINS, 'plugins');

    const now = nowMs();
    this.#sweep(now - RETIRED_MS);
    // Many changes in a short time: idle entries are freed without waiting.
    const haveRoom = hasRoom(this.#backends, keys) && hasRoom(this.#routes, routes) && hasRoom(this.#pools, pools);
    if (!haveRoom) this.#sweep(now);
    retire(this.#backends, keys, this.#retiredBackends, now);
    retire(this.#routes, routes, this.#retiredRoutes, now);
    retire(this.#pools, pools, this.#retiredPools, now);
    for (const name of this.#plugins.names()) if (!Object.hasOwn(settings.plugins, name)) this.#plugins.release(name);
    this.#version += 1;
    return {
      version: this.#version,
      rateLimit: settings.rateLimit,
      trustProxy: settings.server.trustProxy,
      geo: settings.geo,
      locality: settings.server.locality,
      tls: settings.tls === null ? null : liveTls(settings.tls),
      access: settings.log.access,
      logLevel: settings.log.level,
      tracing: tracingOf(settings),
      exportsLogs: settings.telemetry.logs.endpoint !== '',
      pools: settings.pools.map((pool) => ({
        // Threads have no use for it, and a pool whose settings change is made anew there.
        settings: { ...this.#withKeys(pool), scale: null },
        index: this.#poolSlotFor(pool.name),
        backends: pool.backends.map((backend) => ({
          id: backend.id,
          url: backend.url,
          addresses: this.#addresses(backend),
          index: this.#slotFor(backend),
          backup: backend.backup,
          maxInFlight: backend.maxInFlight ?? pool.maxInFlight,
          region: backend.region,
          zone: backend.zone,
        })),
      })),
      routes: settings.routes.map((route) => {
        const index = this.#rowFor(route.name);
        if (route.split === null) return { settings: route, index };
        const shares = splitPools(route).map((pool) => ({ pool, index: this.#rowFor(shareName(route.name, pool)) }));
        return { settings: route, index, shares };
      }),
      plugins: Object.entries(settings.plugins).map(([name, plugin]) => ({
        ...plugin,
        name,
        number: this.#plugins.take(name).slot + 1,
      })),
    };
  }

  /** The same version with the current addresses; itself if they have not changed. */
  readdress(snapshot: Snapshot): Snapshot {
    let isChanged = false;
    const pools = snapshot.pools.map((pool) => {
      const backends = pool.backends.map((backend) => {
        const addresses = this.#addresses(backend);
        if (isDeepStrictEqual(addresses, backend.addresses)) return backend;
        isChanged = true;
        return { ...backend, addresses };
      });
      return { ...pool, backends };
    });
    return isChanged ? { ...snapshot, pools } : snapshot;
  }

  /** To be called when a snapshot applies everywhere: backends that now have an address may get requests. */
  settleAddresses(snapshot: Snapshot): void {
    for (const { index, addresses } of snapshot.pools.flatMap((pool) => pool.backends)) {
      if (addresses.length > 0) this.#ports.backends.setUnresolved(index, false);
    }
  }

  /** Rows of removed routes whose counters still belong to the totals. */
  retiredRoutes(): readonly number[] {
    return [...this.#retiredRoutes.keys()].map((name) => this.#routes.get(name)!);
  }

  /**
   * To be called when the snapshot of these settings applies everywhere: writes the weights, `enabled` and `draining`
   * that they changed to the table. Not before, or a pool could lose its last backend while the threads do not know the
   * new one yet.
   */
  settle(settings: Settings): void {
    const { backends: table } = this.#ports;
    for (const backend of settings.pools.flatMap((pool) => pool.backends)) {
      const key = keyOf(backend);
      const slot = this.#backends.get(key)!;
      const before = this.#configured.get(key)!;
      if (before.weight !== backend.weight) this.#weights.setConfigured(slot, backend.weight);
      if (before.enabled !== backend.enabled) table.setEnabled(slot, backend.enabled);
      if (before.draining !== backend.draining) table.setDraining(slot, backend.draining === true);
      if (before.unproven === true && backend.unproven === undefined) table.setUnproven(slot, false);
      this.#configured.set(key, backend);
    }
  }

  #addresses(backend: Pick<BackendSettings, 'id' | 'url'>): readonly string[] {
    return this.#ports.addresses?.(backend) ?? [bareHost(new URL(backend.url).hostname)];
  }

  #withKeys(pool: PoolSettings): PoolSettings {
    if (pool.sticky.keys.length > 0 || this.#madeKeys.length === 0) return pool;
    return { ...pool, sticky: { ...pool.sticky, keys: this.#madeKeys } };
  }

  #poolSlotFor(name: string): number {
    const { slot, isNew } = this.#pools.take(name);
    if (isNew) this.#ports.occupyPool?.(slot);
    return slot;
  }

  #rowFor(name: string): number {
    const { slot, isNew } = this.#routes.take(name);
    if (isNew) this.#ports.metrics.occupy(slot);
    return slot;
  }

  #slotFor(backend: BackendSettings): number {
    const key = keyOf(backend);
    const { slot, isNew } = this.#backends.take(key);
    if (isNew) {
      this.#ports.backends.occupy(slot, backend.weight, backend.enabled);
      if (backend.draining === true) this.#ports.backends.setDraining(slot, true);
      if (backend.unproven === true) this.#ports.backends.setUnproven(slot, true);
      if (this.#addresses(backend).length === 0) this.#ports.backends.setUnresolved(slot, true);
      this.#weights.occupied(slot, backend.weight);
      this.#configured.set(key, backend);
    }
    return slot;
  }

  /** Frees slots that were removed before `beforeMs` and are idle. */
  #sweep(beforeMs: number): void {
    const { backends: table, metrics } = this.#ports;
    for (const [key, retiredAtMs] of this.#retiredBackends) {
      if (retiredAtMs > beforeMs || table.inFlight(this.#backends.get(key)!) > 0) continue;
      this.#backends.release(key);
      this.#retiredBackends.delete(key);
      this.#configured.delete(key);
    }
    for (const [name, retiredAtMs] of this.#retiredRoutes) {
      const row = this.#routes.get(name)!;
      if (retiredAtMs > beforeMs || metrics.route(row).inFlight > 0) continue;
      metrics.fold(row);
      this.#routes.release(name);
      this.#retiredRoutes.delete(name);
    }
    for (const [name, retiredAtMs] of this.#retiredPools) {
      if (retiredAtMs > beforeMs) continue;
      this.#pools.release(name);
      this.#retiredPools.delete(name);
    }
  }
}

function tracingOf({ telemetry, rateLimit, routes, recording }: Settings): Snapshot['tracing'] {
  const { endpoint, sample, parent } = telemetry.traces;
  return endpoint === '' ? null : { sample, parent, secretNames: secretNamesOf({ rateLimit, routes, recording }) };
}

function liveTls({
  port: _port,
  certificates,
  acme: _acme,
  acmeEmail: _acmeEmail,
  storageKey: _storageKey,
  ...live
}: TlsSettings): LiveTlsSettings {
  const isAutomatic = certificates.some((each) => each.acme !== null);
  return { ...live, isAutomatic, onDemand: onDemandLimits(certificates) };
}

/** A backend is its id, its URL, and the process behind it: with another one under the same id it is another server. */
function keyOf({ id, url, uid }: BackendSettings): string {
  return uid === undefined ? `${id} ${url}` : `${id} ${url} ${uid}`;
}

/** Of a route in the metrics table: one, and one for each pool of a split. */
function rowNames(route: RouteSettings): string[] {
  return [route.name, ...splitPools(route).map((pool) => shareName(route.name, pool))];
}

function splitPools({ split }: RouteSettings): string[] {
  return [...new Set((split ?? []).map(({ pool }) => pool))];
}

/** Names of routes have no control characters. */
function shareName(route: string, pool: string): string {
  return `${route}\n${pool}`;
}

function retire(slots: Slots, wanted: ReadonlySet<string>, retired: Map<string, number>, nowMs: number): void {
  for (const name of slots.names()) {
    if (wanted.has(name)) retired.delete(name);
    else if (!retired.has(name)) retired.set(name, nowMs);
  }
}

function hasRoom(slots: Slots, wanted: ReadonlySet<string>): boolean {
  return new Set([...wanted, ...slots.names()]).size <= slots.size;
}

function assertAtMost(count: number, max: number, thing: string): void {
  if (count > max) throw new RangeError(`${thing}: found ${count}; at most ${max} are supported`);
}
