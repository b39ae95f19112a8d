/**
 * The control thread's part in shared limits: makes this gateway known to the others by Redis, tells the traffic threads
 * how many there are, and reports when these lose Redis.
 */
import { randomBytes } from 'node:crypto';
import type { Logger } from 'pino';
import type { Severity } from '../../../events/core/events-vocabulary.ts';
import type { RedisLink } from '../../../redis/redis-link.ts';
import { repeat } from '../../../runtime/repeat.ts';
import { DECISION_PATHS, type DecisionPath, SHARED_MODES, type SharedMode } from '../../core/limits-vocabulary.ts';
import {
  BEAT_MS,
  EXPIRE_MS,
  FLEET_KEY,
  FLEET_SCRIPT,
  fleetArguments,
  type FleetView,
  readFleet,
} from '../fleet-script.ts';
import type { SharedLimitTable, ThreadSharing } from '../shared-limit-table.ts';
import type { SharingReport } from '../sharing-report.ts';

export interface LimitFleetOptions {
  readonly link: Pick<RedisLink, 'run'>;
  /** Of all keys. */
  readonly prefix: string;
  readonly table: SharedLimitTable;
  /** Gateways, as long as nothing tells how many there are. */
  expectedGateways(): number;
  /** Gateways by the database; 0: it does not know. */
  databaseGateways(): number;
  /** For operators. */
  onEvent(severity: Severity, message: string): void;
  readonly log: Pick<Logger, 'info' | 'warn'>;
  /** ms since 1970 of a time of the shared clock. */
  wallMs(atMs: number): number;
}

const DEADLINE_MS = 500;
/** Redis is reported as slow when it was in so many rounds in a row: on a busy machine it is for a moment, often. */
const SLOW_ROUNDS = 5;
/** After Redis has lost its data, the gateways appear there again one after the other: for so many rounds they do not become fewer. */
const APPEAR_ROUNDS = EXPIRE_MS / BEAT_MS;

export class LimitFleet {
  readonly #options: LimitFleetOptions;
  /** Of this process: two gateways may have one name. */
  readonly #id = randomBytes(9).toString('base64url');
  readonly #stop: () => Promise<void>;
  /** As reported. */
  #mode: SharedMode = 'shared';
  /** In a row. */
  #slowRounds = 0;
  #gateways = 0;
  /** Of the data that Redis had in the last round; null: there was none. */
  #epoch: string | null = null;
  #roundsToAppear = 0;

  constructor(options: LimitFleetOptions) {
    this.#options = options;
    this.#stop = repeat(() => this.#round(), BEAT_MS);
    void this.#round();
  }

  /** The gateways that share limits, this one included. */
  get gateways(): number {
    return this.#options.table.gateways(this.#options.expectedGateways());
  }

  report(): SharingReport {
    const threads = this.#threads();
    const worst = worstOf(threads);
    const sum = (of: (thread: ThreadSharing) => number): number => threads.reduce((total, each) => total + of(each), 0);
    const decisions = DECISION_PATHS.map((path) => [path, sum((thread) => thread.decisions[path])]);
    return {
      mode: worst.mode,
      since: worst.sinceMs === 0 ? null : this.#options.wallMs(worst.sinceMs),
      gateways: this.gateways,
      rttMs: Math.max(...threads.map(({ rttMs }) => rttMs)),
      limits: sum(({ limits }) => limits),
      waitedMs: sum(({ waitedMs }) => waitedMs),
      decisions: Object.fromEntries(decisions) as Record<DecisionPath, number>,
    };
  }

  /** The others divide the limits among themselves at once. */
  async leave(): Promise<void> {
    await this.#stop();
    await this.#run('leave');
  }

  async #round(): Promise<void> {
    this.#reportMode();
    const view = await this.#run('beat');
    const { table, log, databaseGateways } = this.#options;
    const byDatabase = databaseGateways();
    table.setGateways('database', byDatabase);
    // While Redis is away, the database may know better.
    const gateways = view === null ? null : this.#count(view);
    table.setGateways('redis', gateways ?? (byDatabase > 0 ? 0 : this.#gateways));
    if (gateways === null || gateways === this.#gateways) return;
    if (this.#gateways > 0) {
      const message = `${gateways} gateways share the limits, ${this.#gateways} before`;
      this.#options.onEvent('info', message);
      log.info({ gateways, before: this.#gateways }, 'the number of gateways that share the limits changed');
    }
    this.#gateways = gateways;
  }

  /** Fewer would have shares of the limits that are too large, when all return after an outage. */
  #count({ gateways, epoch, holeMs, holeAgoMs }: FleetView): number {
    const isNew = this.#epoch !== null && epoch !== this.#epoch;
    this.#epoch = epoch;
    this.#roundsToAppear = isNew ? APPEAR_ROUNDS : Math.max(0, this.#roundsToAppear - 1);
    const areAppearing = this.#roundsToAppear > 0 || (holeMs > 0 && holeAgoMs < EXPIRE_MS);
    return areAppearing ? Math.max(gateways, this.#gateways) : gateways;
  }

  #run(action: 'beat' | 'leave'): Promise<FleetView | null> {
    const { link, prefix } = this.#options;
    const args = fleetArguments(action, this.#id, randomBytes(9).toString('base64url'));
    return new Promise((resolve) => {
      link.run(FLEET_SCRIPT, `${prefix}:${FLEET_KEY}`, args, DEADLINE_MS, (error, reply) => {
        resolve(error === null ? readFleet(reply) : null);
      });
    });
  }

  #threads(): ThreadSharing[] {
    const { table } = this.#options;
    return Array.from({ length: table.threads }, (_thread, index) => table.of(index));
  }

  #reportMode(): void {
    const { mode } = worstOf(this.#threads());
    const before = this.#mode;
    this.#slowRounds = mode === 'slow' ? this.#slowRounds + 1 : 0;
    if (mode === before || (mode === 'slow' && this.#slowRounds < SLOW_ROUNDS)) return;
    this.#mode = mode;
    const { log } = this.#options;
    const { gateways } = this;
    const message = MESSAGES[mode](gateways);
    this.#options.onEvent(SEVERITIES[mode], message);
    log[mode === 'shared' ? 'info' : 'warn']({ mode, before, gateways }, message);
  }
}

function worstOf(threads: readonly ThreadSharing[]): ThreadSharing {
  const rank = ({ mode }: ThreadSharing): number => SHARED_MODES.indexOf(mode);
  return threads.reduce((worst, each) => (rank(each) > rank(worst) ? each : worst));
}

const SEVERITIES: Readonly<Record<SharedMode, Severity>> = { shared: 'info', slow: 'warn', lost: 'error' };
const MESSAGES: Readonly<Record<SharedMode, (gateways: number) => string>> = {
  shared: () => 'limits are shared by Redis again',
  slow: () => 'Redis is slow: no request waits for it, and limits are less exact',
  lost: (gateways) => `Redis is lost: this gateway admits its share of each shared limit, 1/${gateways}`,
};
