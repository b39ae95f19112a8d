/** Keeps advice on how many replicas the pools and gateways with `scale` need. */
import { unavailableReason } from '../../backends/availability.ts';
import type { PoolSettings, Settings } from '../../config/settings.ts';
import type { Snapshot, SnapshotBackend, SnapshotPool } from '../../config/snapshot.ts';
import type { SeenBeat } from '../../fleet/core/membership.ts';
import { parseAddress } from '../../net/ip-address.ts';
import { repeat } from '../../runtime/repeat.ts';
import { RateWindow } from '../../telemetry/control/rate-window.ts';
import { type Reading, ReplicaAdvisor, type ReplicaCount } from '../core/replica-advice.ts';
import type { ScaleReport, Scaling, TargetReport } from '../scale-report.ts';
import { TrafficMeter, type TrafficTables, WINDOW_SECONDS } from './traffic-meter.ts';

const SAMPLE_MS = 1000;
/** A HorizontalPodAutoscaler asks every 15 s. */
const SAMPLES_PER_ADVICE = 5;

export interface ScaleKeeperPorts {
  readonly tables: TrafficTables;
  readonly settings: () => Pick<Settings, 'fleet' | 'pools'>;
  readonly snapshot: () => Snapshot;
  /** Live gateways, this one included. */
  readonly gateways: () => { readonly ownId: string; readonly live: readonly SeenBeat[] };
  /** Of this process since start, all threads. */
  readonly cpuSeconds: () => number;
  /** Processors that this process may use; may be a fraction. */
  readonly cpus: number;
}

type PoolScale = NonNullable<PoolSettings['scale']>;
type GatewayScale = NonNullable<Settings['fleet']['scale']>;
type SignalName = Exclude<keyof PoolScale | keyof GatewayScale, 'min' | 'max' | 'stabilizationMs'>;

const GATEWAY = '';

export class ScaleKeeper implements Scaling {
  readonly #ports: ScaleKeeperPorts;
  readonly #meter: TrafficMeter;
  readonly #cpu = new RateWindow(WINDOW_SECONDS);
  /** By pool. */
  readonly #advisors = new Map<string, ReplicaAdvisor>();
  #samples = 0;
  #report: ScaleReport;

  constructor(ports: ScaleKeeperPorts) {
    this.#ports = ports;
    this.#meter = new TrafficMeter(ports.tables);
    this.#report = { at: 0, gateways: 1, gateway: null, pools: [] };
  }

  /** @returns stops it. */
  start(): () => Promise<void> {
    this.round();
    return repeat(() => this.round(), SAMPLE_MS);
  }

  /** Of the last advice. */
  report(): ScaleReport {
    return this.#report;
  }

  /** About once a second: reads the tables, and every few seconds judges what it read. Nothing if nothing has `scale`. */
  round(): void {
    const { cpuSeconds, settings, tables } = this.#ports;
    const { fleet, pools } = settings();
    const scaled = pools.filter(({ scale }) => scale !== null);
    if (scaled.length > 0 || fleet.scale !== null) {
      this.#cpu.sample([cpuSeconds()], tables.clock.nowMs());
      this.#meter.sample(this.#measured());
    }
    if (this.#samples % SAMPLES_PER_ADVICE === 0) this.advise();
    this.#samples += 1;
  }

  /** Judges what was read so far, by the current settings. */
  advise(): void {
    const { gateways, settings, tables } = this.#ports;
    const { fleet, pools } = settings();
    const { live } = gateways();
    const scaled = pools.filter(({ scale }) => scale !== null);
    const names = new Set([GATEWAY, ...scaled.map(({ name }) => name)]);
    for (const name of this.#advisors.keys()) if (!names.has(name)) this.#advisors.delete(name);
    if (fleet.scale === null) this.#advisors.delete(GATEWAY);
    this.#report = {
      at: tables.clock.wallMs(tables.clock.nowMs()),
      gateways: live.length,
      gateway: fleet.scale === null ? null : this.#gateway(fleet.scale, live),
      pools: scaled.flatMap(({ name, scale }) => this.#pool(name, scale!)),
    };
  }

  /** Pools with `scale`, or all of them if it is about gateways. */
  #measured(): readonly SnapshotPool[] {
    const { fleet, pools } = this.#ports.settings();
    const all = this.#ports.snapshot().pools;
    if (fleet.scale !== null) return all;
    const names = new Set(pools.filter(({ scale }) => scale !== null).map(({ name }) => name));
    return all.filter(({ settings }) => names.has(settings.name));
  }

  /** Empty while the snapshot does not have it yet. */
  #pool(name: string, scale: PoolScale): readonly TargetReport[] {
    const pool = this.#ports.snapshot().pools.find(({ settings }) => settings.name === name);
    if (pool === undefined) return [];
    const { requestsPerSecond, inFlight, p95Ms } = this.#meter.read(pool);
    const factor = this.#fleetFactor();
    const readings = readingsOf(scale, {
      rps: { value: requestsPerSecond * factor, isTotal: true },
      inFlight: { value: inFlight * factor, isTotal: true },
      p95Ms: { value: p95Ms, isTotal: false },
    });
    return [this.#judge(name, scale, readings, this.#countOf(pool))];
  }

  #gateway(scale: GatewayScale, live: readonly SeenBeat[]): TargetReport {
    const { snapshot, tables } = this.#ports;
    const pools = snapshot().pools.map((pool) => this.#meter.read(pool));
    const requestsPerSecond = live.reduce((sum, { figures }) => sum + figures.requestsPerSecond, 0);
    const inFlight = pools.reduce((sum, pool) => sum + pool.inFlight, 0);
    const nowMs = tables.clock.nowMs();
    const cpus = this.#cpu.perSecond(0, this.#ports.cpuSeconds(), WINDOW_SECONDS, nowMs);
    const readings = readingsOf(scale, {
      rps: { value: requestsPerSecond, isTotal: true },
      inFlight: { value: inFlight * this.#fleetFactor(), isTotal: true },
      cpu: { value: cpus / this.#ports.cpus, isTotal: false },
    });
    return this.#judge(GATEWAY, scale, readings, { present: live.length, ready: live.length });
  }

  #judge(
    name: string,
    scale: PoolScale | GatewayScale,
    readings: readonly Reading[],
    count: ReplicaCount,
  ): TargetReport {
    const advisor = this.#advisors.get(name) ?? new ReplicaAdvisor();
    this.#advisors.set(name, advisor);
    const { min, max, stabilizationMs } = scale;
    const bounds = { min, max, stabilizationMs };
    return { name, ...bounds, ...count, ...advisor.advise(readings, count, bounds, this.#ports.tables.clock.nowMs()) };
  }

  /**
   * How much more traffic all gateways carry than this one, 1 or more. By their requests, because clients that keep
   * their connections stay where they are; while this one has hardly any, as if all had the same.
   */
  #fleetFactor(): number {
    const { live, ownId } = this.#ports.gateways();
    const total = live.reduce((sum, { figures }) => sum + figures.requestsPerSecond, 0);
    const own = live.find(({ id }) => id === ownId)?.figures.requestsPerSecond ?? 0;
    return own < 1 ? Math.max(1, live.length) : Math.max(1, total / own);
  }

  /** Backups are no replicas. A host name with several addresses, such as that of a headless service, is several. */
  #countOf({ settings, backends }: SnapshotPool): ReplicaCount {
    const { backends: table, clock } = this.#ports.tables;
    const used = backends.filter(({ index, backup }) => !backup && table.isEnabled(index) && !table.isDraining(index));
    const nowMs = clock.nowMs();
    const ready = used.filter(({ index }) => unavailableReason(table, index, settings.circuitBreaker, nowMs) === null);
    const count = (some: readonly SnapshotBackend[]): number => some.reduce((sum, each) => sum + replicasOf(each), 0);
    return { present: count(used), ready: count(ready) };
  }
}

/** A server with addresses of both families is one. */
function replicasOf({ addresses }: SnapshotBackend): number {
  const v4 = addresses.filter((address) => parseAddress(address)?.family === 4).length;
  return Math.max(1, v4, addresses.length - v4);
}

/** Of the signals that have a target. */
function readingsOf(
  scale: Partial<Readonly<Record<SignalName, number | null>>>,
  values: Partial<Readonly<Record<SignalName, Pick<Reading, 'value' | 'isTotal'>>>>,
): readonly Reading[] {
  return (Object.keys(values) as SignalName[]).flatMap((name) => {
    const target = scale[name] ?? null;
    return target === null ? [] : [{ signal: SIGNAL_OF[name], target, ...values[name]! }];
  });
}

const SIGNAL_OF = { rps: 'rps', inFlight: 'in_flight', p95Ms: 'p95', cpu: 'cpu' } as const;
