/** Members of pools and routes that have a source: kept current, and applied together, one snapshot for each change. */
import type { Logger } from 'pino';
import type { ExtendFile } from '../../backends/control/backend-registry.ts';
import type { MemberBackends } from '../../backends/backend-overlay.ts';
import type { BackendSettings, PoolSettings, Settings } from '../../config/settings.ts';
import type { EventLog } from '../../events/event-log.ts';
import type { Member } from '../core/member.ts';
import type { Membership } from '../core/membership.ts';
import type { PoolFigures } from '../discovery-report.ts';
import { isFoundPool } from '../core/found-name.ts';
import { createSource, kindOf } from './create-source.ts';
import { routeDefinition } from './routes/create-route-source.ts';
import type { FoundLayer } from './routes/found-layer.ts';
import { FoundRoutes, type FoundRoutesPorts } from './routes/found-routes.ts';
import type { MemberCache } from './member-cache.ts';
import { PoolMembers } from './pool-members.ts';
import type { SharedSources } from './shared-sources.ts';
import type { PushedLists } from './pushed-lists.ts';
import type { SourcePorts } from './source.ts';

export interface DiscoveryPorts {
  /** Resolves when it applies on every thread. */
  readonly applyFound: (members: MemberBackends, extend: ExtendFile) => Promise<void>;
  /** Of the file, without what was found. */
  readonly fileSettings: () => Settings;
  readonly createRouteSource: FoundRoutesPorts['createSource'];
  /** Why a URL leads to this gateway itself; undefined: it does not. */
  readonly ownAddress: (url: string) => string | undefined;
  /** Whether a connection to a backend can be made. It never rejects. */
  readonly connect: (pool: PoolSettings, url: string) => Promise<boolean>;
  readonly cache: MemberCache;
  readonly pushed: PushedLists;
  /** Relative names of files start here. */
  readonly cwd: string;
  readonly shared: SharedSources;
  readonly nowMs: () => number;
  readonly schedule: SourcePorts['schedule'];
  readonly random: () => number;
  readonly log: Logger;
  readonly events: EventLog;
}

/** The longest that a start waits for first answers, ms; readiness may wait longer. */
const FIRST_ANSWERS_MS = 1000;
/** Members of the last run apply after this, unless the source is faster, ms. */
const SOON_MS = 200;
/** After members could not be applied, they are tried again after this, ms. */
const AGAIN_MS = 5000;
/** New routes wait this long for the members of their pools, ms. */
const HOLD_MS = 2000;
/** Interval of attempts to connect to unproven members of pools without health checks, ms. */
const CONNECT_MS = 2000;

interface Owner {
  readonly pool: PoolMembers;
  readonly key: string;
}

export class Discovery {
  readonly #ports: DiscoveryPorts;
  readonly #pools = new Map<string, PoolMembers>();
  readonly #startedAtMs: number;
  /** Of the last run, until the pool begins. */
  readonly #last = new Map<string, readonly Member[]>();
  /** By id of the backend. */
  #owners: ReadonlyMap<string, Owner> = new Map();
  readonly #waiters = new Set<() => void>();
  readonly #routes: FoundRoutes;
  #appliedLayer: FoundLayer;
  /** The routes wait for members of their pools; null: they do not. */
  #cancelHold: (() => void) | null = null;
  #settings: Settings;
  #isRunning = false;
  #isApplying = false;
  #isDirty = false;
  #appliedAtMs = -Infinity;
  #cancel = (): void => {};
  #cancelConnects = (): void => {};

  constructor(settings: Settings, ports: DiscoveryPorts) {
    this.#ports = ports;
    this.#settings = settings;
    this.#startedAtMs = ports.nowMs();
    const { cwd, nowMs, log, events, createRouteSource } = ports;
    this.#routes = new FoundRoutes({
      definitionOf: routeDefinition,
      createSource: createRouteSource,
      onChange: () => this.#routesChanged(),
      cwd,
      nowMs,
      log,
      events,
    });
    this.#appliedLayer = this.#routes.layer;
  }

  /** Starts the sources. Resolves when all have answered and it applies, but waits only a moment. */
  async start(): Promise<void> {
    const { cache, schedule } = this.#ports;
    if (this.#settings.discovery.cache) for (const [pool, members] of await cache.read()) this.#last.set(pool, members);
    const hasLast = this.#last.size > 0;
    this.#isRunning = true;
    this.use(this.#settings);
    if (this.#pools.size === 0 && !this.#routes.isOn) return;
    const areAnswered = (): boolean =>
      this.#isSettled() &&
      this.#routes.waiting().length === 0 &&
      this.pools().every((pool) => isAnswered(pool) && pool.state.pending === null);
    // A list that comes soon spares a snapshot of the old one, and the distance that the next must keep from it.
    if (hasLast) await this.#until(areAnswered, SOON_MS);
    if (hasLast && this.pools().some((pool) => !isAnswered(pool))) this.#changed();
    await this.#until(areAnswered, FIRST_ANSWERS_MS);
    const connectAll = (): void => {
      void this.#connectUnproven().then(() => {
        if (this.#isRunning) this.#cancelConnects = schedule(connectAll, CONNECT_MS);
      });
    };
    connectAll();
  }

  stop(): void {
    this.#isRunning = false;
    this.#cancel();
    this.#cancelConnects();
    this.#cancelHold?.();
    this.#routes.stop();
    for (const pool of this.#pools.values()) pool.stop();
    this.#pools.clear();
    this.#wake();
  }

  /** The configuration has changed. */
  use(settings: Settings): void {
    if (!this.#isRunning) return;
    this.#settings = settings;
    this.#routes.use(settings);
    this.#usePools();
    // Over another file, other parts of what was found apply.
    if (this.#routes.isOn && !this.#isApplying) this.#changed();
  }

  /** Those that apply, and those of routes that wait for their members. */
  #usePools(): void {
    const { discovery, pools } = this.#settings;
    const found = this.#routes.layer.pools(this.#ports.fileSettings());
    const wanted = new Map(
      [...pools, ...found].flatMap((pool) => (pool.discover === null ? [] : [[pool.name, pool] as const])),
    );
    for (const [name, pool] of this.#pools) {
      if (wanted.has(name)) continue;
      pool.stop();
      this.#pools.delete(name);
      this.#changed();
    }
    for (const [name, pool] of wanted) {
      const known = this.#pools.get(name);
      if (known !== undefined) known.use(pool.discover!, discovery);
      else this.#begin(pool);
    }
  }

  /** In the order of the configuration. */
  pools(): readonly PoolMembers[] {
    const known = this.#settings.pools.flatMap(({ name }) => this.#pools.get(name) ?? []);
    return [...new Set([...known, ...this.#pools.values()])];
  }

  get routes(): Pick<FoundRoutes, 'report'> {
    return this.#routes;
  }

  /** Why a URL leads to this gateway itself; undefined: it does not. */
  ownAddress(url: string): string | undefined {
    return this.#ports.ownAddress(url);
  }

  figures(): readonly PoolFigures[] {
    return this.pools().map((pool) => {
      const { members, listedAtMs } = pool.state;
      const all = [...members.values()];
      const held = all.filter((member) => member.held !== null).length;
      const unproven = all.filter(({ isProven }) => !isProven).length;
      return {
        pool: pool.name,
        source: kindOf(pool.discover),
        listed: all.length - held - unproven,
        held,
        unproven,
        ageMs: listedAtMs === null ? null : this.#ports.nowMs() - listedAtMs,
        ...pool.totals,
      };
    });
  }

  /** What is not ready for traffic yet: no source has answered, and of the last run nothing is proven. */
  waiting(): readonly string[] {
    const isLate = this.#ports.nowMs() - this.#startedAtMs >= this.#settings.discovery.startTimeoutMs;
    if (isLate) return [];
    const pools = this.pools().flatMap((pool) => (isAnswered(pool) || hasProven(pool) ? [] : [pool.name]));
    return [...pools, ...this.#routes.waiting().map((provider) => `routes of ${provider}`)];
  }

  /** A health check of a backend ended. */
  probed(id: string, isUp: boolean): void {
    const owner = this.#owners.get(id);
    owner?.pool.probed(owner.key, isUp);
  }

  /** Resolves when what is known of the pool applies on every thread, at the latest after this time. */
  applied(name: string, atMostMs: number): Promise<void> {
    return this.#until(() => this.#isSettled() && (this.#pools.get(name)?.state.pending ?? null) === null, atMostMs);
  }

  async #until(isReached: () => boolean, atMostMs: number): Promise<void> {
    if (isReached()) return;
    await new Promise<void>((resolve) => {
      const look = (): void => {
        if (this.#isRunning && !isReached()) return;
        cancel();
        end();
      };
      const end = (): void => {
        this.#waiters.delete(look);
        resolve();
      };
      const cancel = this.#ports.schedule(end, atMostMs);
      this.#waiters.add(look);
    });
  }

  #isSettled(): boolean {
    return !this.#isDirty && !this.#isApplying && this.#cancelHold === null;
  }

  #wake(): void {
    for (const look of this.#waiters) look();
  }

  #begin(pool: PoolSettings): void {
    const { ownAddress, cwd, pushed, shared, nowMs, schedule, random, log } = this.#ports;
    const last = this.#last.get(pool.name) ?? [];
    this.#last.delete(pool.name);
    const members = new PoolMembers(pool, this.#settings.discovery, last, {
      createSource: (name, discover, discovery, report) =>
        createSource({
          pool: name,
          discover,
          discovery,
          cwd,
          shared,
          pushed,
          ports: { report, nowMs, schedule, random, log: log.child({ pool: name }) },
        }),
      ownAddress,
      region: this.#settings.server.locality.region,
      nowMs,
      schedule,
      onChange: () => this.#changed(),
      onStep: (stepped, before, isChanged) => this.#stepped(stepped, before, isChanged),
    });
    this.#pools.set(pool.name, members);
    if (last.length > 0)
      log.info({ pool: pool.name, members: last.length }, 'members of the last run wait for a health check');
    members.start();
  }

  #stepped({ name, state }: PoolMembers, before: Membership, isChanged: boolean): void {
    if (isChanged) this.#noteChange(name, before, state);
    this.#releaseRoutes();
    // Found pools are of no use without their routes.
    if (state.listed !== before.listed && this.#settings.discovery.cache && !isFoundPool(name))
      this.#ports.cache.keep(name, [...state.listed!.values()]);
    if (before.lastError === null && state.lastError !== null) {
      this.#ports.log.warn({ pool: name, reason: state.lastError }, 'discovery failed: the pool keeps its members');
      this.#record(name, 'warn', `${name}: discovery fails, the members stay: ${state.lastError}`);
    } else if (before.lastError !== null && state.lastError === null) {
      this.#ports.log.info({ pool: name, failures: before.failures }, 'discovery works again');
      this.#record(name, 'info', `${name}: discovery works again`);
    }
    if (state.refused.length > 0 && state.refused.join() !== before.refused.join()) {
      this.#ports.log.warn({ pool: name, refused: state.refused }, 'members refused');
      this.#record(name, 'warn', `${name}: members refused: ${state.refused.join('; ')}`);
    }
    // A change is noted as such after this.
    setImmediate(() => this.#wake());
  }

  #noteChange(pool: string, before: Membership, after: Membership): void {
    const added = [...after.members.keys()].filter((key) => !before.members.has(key));
    const removed = [...before.members.keys()].filter((key) => !after.members.has(key));
    this.#ports.log.info({ pool, added, removed, members: after.members.size }, 'members changed');
    this.#record(pool, 'info', `${pool}: members changed: +${added.length} −${removed.length}`);
  }

  #record(subject: string, severity: 'info' | 'warn', message: string): void {
    this.#ports.events.append({ kind: 'discovery', severity, subject, message });
  }

  /** Routes whose pools have no members yet would be answered 503: what applied before stays for a moment. */
  #routesChanged(): void {
    this.#usePools();
    if (this.#areMembersKnown()) return this.#changed();
    this.#cancelHold ??= this.#ports.schedule(() => this.#endHold(), HOLD_MS);
  }

  #releaseRoutes(): void {
    if (this.#cancelHold !== null && this.#areMembersKnown()) this.#endHold();
  }

  #endHold(): void {
    this.#cancelHold?.();
    this.#cancelHold = null;
    this.#changed();
  }

  #areMembersKnown(): boolean {
    return this.#routes.layer.pools(this.#ports.fileSettings()).every(({ name }) => {
      const pool = this.#pools.get(name);
      return pool !== undefined && isAnswered(pool);
    });
  }

  #changed(): void {
    this.#isDirty = true;
    if (this.#isApplying || !this.#isRunning) return;
    this.#isApplying = true;
    this.#applyIn(this.#appliedAtMs + this.#settings.discovery.debounceMs - this.#ports.nowMs());
  }

  #applyIn(ms: number): void {
    this.#cancel = this.#ports.schedule(() => void this.#apply(), Math.max(0, ms));
  }

  /** One snapshot for the changes of all pools. */
  async #apply(): Promise<void> {
    this.#isDirty = false;
    this.#appliedAtMs = this.#ports.nowMs();
    let againMs = this.#settings.discovery.debounceMs;
    const members = new Map<string, readonly BackendSettings[]>();
    const owners = new Map<string, Owner>();
    for (const pool of this.#pools.values()) {
      members.set(pool.name, pool.backends());
      for (const [key, { member }] of pool.state.members) owners.set(pool.idOf(member), { pool, key });
    }
    this.#owners = owners;
    const layer = this.#cancelHold === null ? this.#routes.layer : this.#appliedLayer;
    try {
      await this.#ports.applyFound(members, layer.extend);
      this.#appliedLayer = layer;
      this.#routes.applied(layer, this.#ports.fileSettings());
    } catch (error) {
      this.#ports.log.error({ err: error }, 'what discovery found cannot be applied; trying again');
      this.#isDirty = true;
      againMs = AGAIN_MS;
    }
    if (this.#isDirty && this.#isRunning) {
      this.#applyIn(againMs);
      return;
    }
    this.#isApplying = false;
    this.#wake();
  }

  /** Where nothing else proves that members of the last run are there. */
  async #connectUnproven(): Promise<void> {
    const attempts = this.pools().flatMap((pool) => {
      const settings = this.#settings.pools.find(({ name }) => name === pool.name);
      if (settings === undefined || settings.healthCheck.enabled) return [];
      return [...pool.state.members].flatMap(([key, { isProven, member }]) =>
        isProven ? [] : [this.#connect(pool, key, settings, pool.urlOf(member))],
      );
    });
    await Promise.all(attempts);
  }

  async #connect(pool: PoolMembers, key: string, settings: PoolSettings, url: string): Promise<void> {
    if (await this.#ports.connect(settings, url)) pool.probed(key, true);
  }
}

function isAnswered({ state }: PoolMembers): boolean {
  return state.listedAtMs !== null;
}

function hasProven({ state }: PoolMembers): boolean {
  return [...state.members.values()].some(({ isProven }) => isProven);
}
