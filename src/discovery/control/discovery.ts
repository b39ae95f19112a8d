/** The members of all pools that have a source: kept current, and applied together, one snapshot for each change. */
import type { Logger } from 'pino';
import type { MemberBackends } from '../../backends/backend-overlay.ts';
import type { Settings } from '../../config/settings.ts';
import type { EventLog } from '../../events/event-log.ts';
import type { Membership } from '../core/membership.ts';
import { createSource } from './create-source.ts';
import { PoolMembers } from './pool-members.ts';
import type { SharedSources } from './shared-sources.ts';
import type { SourcePorts } from './source.ts';

export interface DiscoveryPorts {
  /** Resolves when they apply on every thread. */
  readonly applyMembers: (members: MemberBackends) => Promise<void>;
  /** Why a URL leads to this gateway itself; undefined: it does not. */
  readonly ownAddress: (url: string) => string | undefined;
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
/** After members could not be applied, they are tried again after this, ms. */
const AGAIN_MS = 5000;

export class Discovery {
  readonly #ports: DiscoveryPorts;
  readonly #pools = new Map<string, PoolMembers>();
  readonly #startedAtMs: number;
  #settings: Settings;
  #isRunning = false;
  #isApplying = false;
  #isDirty = false;
  #appliedAtMs = -Infinity;
  #cancel = (): void => {};
  #onAnswer = (): void => {};

  constructor(settings: Settings, ports: DiscoveryPorts) {
    this.#ports = ports;
    this.#settings = settings;
    this.#startedAtMs = ports.nowMs();
  }

  /** Starts the sources. Resolves when all have answered and it applies, but waits only a moment. */
  async start(): Promise<void> {
    this.#isRunning = true;
    this.use(this.#settings);
    if (this.#pools.size === 0) return;
    await new Promise<void>((resolve) => {
      const cancel = this.#ports.schedule(resolve, FIRST_ANSWERS_MS);
      this.#onAnswer = () => {
        if (this.#isApplying || this.#isDirty || this.#waiting().length > 0) return;
        cancel();
        resolve();
      };
    });
    this.#onAnswer = () => {};
  }

  stop(): void {
    this.#isRunning = false;
    this.#cancel();
    for (const pool of this.#pools.values()) pool.stop();
    this.#pools.clear();
  }

  /** The configuration has changed. */
  use(settings: Settings): void {
    if (!this.#isRunning) return;
    this.#settings = settings;
    const wanted = new Map(settings.pools.flatMap((pool) => (pool.discover === null ? [] : [[pool.name, pool]])));
    for (const [name, pool] of this.#pools) {
      if (wanted.has(name)) continue;
      pool.stop();
      this.#pools.delete(name);
      this.#changed();
    }
    for (const [name, pool] of wanted) {
      const known = this.#pools.get(name);
      if (known !== undefined) known.use(pool.discover!, settings.discovery);
      else this.#begin(pool);
    }
  }

  pools(): readonly PoolMembers[] {
    return [...this.#pools.values()];
  }

  /** Pools that are not ready for traffic yet: their sources have not answered, and nothing is known from before. */
  waiting(): readonly string[] {
    const isLate = this.#ports.nowMs() - this.#startedAtMs >= this.#settings.discovery.startTimeoutMs;
    return isLate ? [] : this.#waiting();
  }

  #waiting(): readonly string[] {
    return this.pools().flatMap(({ name, state }) => (state.listedAtMs === null ? [name] : []));
  }

  #begin(pool: Settings['pools'][number]): void {
    const { ownAddress, cwd, shared, nowMs, schedule, random, log } = this.#ports;
    const members = new PoolMembers(pool, this.#settings.discovery, [], {
      createSource: (name, discover, discovery, report) =>
        createSource({
          pool: name,
          discover,
          discovery,
          cwd,
          shared,
          ports: { report, nowMs, schedule, random, log: log.child({ pool: name }) },
        }),
      ownAddress,
      nowMs,
      schedule,
      onChange: () => this.#changed(),
      onStep: (stepped, before, isChanged) => this.#stepped(stepped, before, isChanged),
    });
    this.#pools.set(pool.name, members);
    members.start();
  }

  #stepped({ name, state }: PoolMembers, before: Membership, isChanged: boolean): void {
    if (isChanged) this.#noteChange(name, before, state);
    if (before.lastError === null && state.lastError !== null) {
      this.#ports.log.warn({ pool: name, reason: state.lastError }, 'discovery failed: the pool keeps its members');
      this.#record(name, 'warn', `${name}: discovery fails, the members stay: ${state.lastError}`);
    } else if (before.lastError !== null && state.lastError === null) {
      this.#ports.log.info({ pool: name, failures: before.failures }, 'discovery works again');
      this.#record(name, 'info', `${name}: discovery works again`);
    }
    // The change may be applied already when this runs.
    setImmediate(() => this.#onAnswer());
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
    try {
      await this.#ports.applyMembers(new Map(this.pools().map((pool) => [pool.name, pool.backends()])));
    } catch (error) {
      this.#ports.log.error({ err: error }, 'members cannot be applied; trying again');
      this.#isDirty = true;
      againMs = AGAIN_MS;
    }
    if (this.#isDirty && this.#isRunning) {
      this.#applyIn(againMs);
      return;
    }
    this.#isApplying = false;
    this.#onAnswer();
  }
}
