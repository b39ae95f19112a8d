/**
 * The levels of a pool that prefers near backends: which of the available ones are in each, and what part of the
 * requests goes there. Refreshed with the pool's list of available backends; a pick costs one draw.
 */
import type { SnapshotPool } from '../config/snapshot.ts';
import type { BackendTable } from '../backends/backend-table.ts';
import { mix32 } from '../core/hash.ts';
import type { Random } from '../core/random.ts';
import { LOCALITY_LEVELS } from './core/balancing-vocabulary.ts';
import { evenShare, levelOf, type LocalityRule, localityShares, type Place } from './core/locality.ts';

/** So that the level of a key has nothing to do with its backend in there. */
const SALT = 0x51_7c_c1_b7;

export interface PlacesPorts {
  readonly table: BackendTable;
  readonly random: Random;
  /** Of the gateway. */
  readonly place: Place;
}

/** A backend as far as its place matters. */
export interface PlacedBackend {
  /** Its place in the list of the pool. */
  readonly at: number;
  readonly index: number;
  readonly weight: number;
  readonly isBackup: boolean;
}

export class PoolPlaces<Backend extends PlacedBackend> {
  /** Of the backends at the same index in the pool; an index of {@link LOCALITY_LEVELS}. */
  readonly levels: readonly number[];
  /** The available backends of each level, the nearest first. */
  readonly groups: (readonly Backend[])[] = LOCALITY_LEVELS.map(() => []);
  readonly #table: BackendTable;
  readonly #random: Random;
  readonly #rule: LocalityRule;
  /** A key stays in its level while the shares stay as they are. */
  readonly #byKey: boolean;
  /** Part of the requests that goes to each level. */
  shares: readonly number[] = LOCALITY_LEVELS.map(() => 0);
  /** Part of the requests that goes to this level or a nearer one. */
  #upTo: number[] = [];

  /** Null: the pool prefers none, or all its backends are equally near. */
  static of<Backend extends PlacedBackend>(pool: SnapshotPool, ports: PlacesPorts): PoolPlaces<Backend> | null {
    const { prefer } = pool.settings.locality;
    if (prefer === 'off') return null;
    const levels = poolLevels(pool, ports.place);
    return new Set(levels).size < 2 ? null : new PoolPlaces<Backend>(pool, ports, prefer, levels);
  }

  private constructor(
    pool: SnapshotPool,
    { table, random, place }: PlacesPorts,
    prefer: 'zone' | 'region',
    levels: readonly number[],
  ) {
    const { overprovisioning, minBackends, trafficShare } = pool.settings.locality;
    this.#table = table;
    this.#random = random;
    this.#byKey = pool.settings.algorithm === 'consistent-hash';
    this.levels = levels;
    this.#rule = {
      overprovisioning,
      minBackends,
      trafficShare: trafficShare === 'auto' ? evenShare(prefer, place, pool.backends) : trafficShare,
    };
  }

  /**
   * @param backends all of the pool. @param available those that get requests: its backups only if no other can.
   * @param weights of all, as configured
   */
  refresh(backends: readonly Backend[], available: readonly Backend[], weights: readonly number[]): void {
    const isBackup = available[0]?.isBackup ?? false;
    const configured = LOCALITY_LEVELS.map(() => 0);
    for (const [at, backend] of backends.entries()) {
      if (backend.isBackup !== isBackup || !this.#table.isEnabled(backend.index)) continue;
      configured[this.levels[at]!]! += weights[at] ?? 1;
    }
    const open = new Set(available);
    const groups = LOCALITY_LEVELS.map((_, level) =>
      backends.filter((backend, at) => this.levels[at] === level && open.has(backend)),
    );
    this.groups.splice(0, groups.length, ...groups);
    // A level that the pool has no backend in is none: the next one is the nearest.
    const used = [...LOCALITY_LEVELS.keys()].filter((level) => this.levels.includes(level));
    const shares = localityShares(
      used.map((level) => ({
        available: groups[level]!.reduce((sum, { weight }) => sum + weight, 0),
        configured: configured[level]!,
        count: groups[level]!.length,
      })),
      this.#rule,
    );
    this.shares = LOCALITY_LEVELS.map((_, level) => shares[used.indexOf(level)] ?? 0);
    let sum = 0;
    this.#upTo = this.shares.map((share) => (sum += share));
  }

  /** An index of {@link groups}. */
  levelOf({ at }: Backend): number {
    return this.levels[at]!;
  }

  /** The level of a request: an index of {@link groups}. */
  draw(keyHash: number): number {
    const draw = this.#byKey ? mix32(keyHash ^ SALT) / 0x1_0000_0000 : this.#random();
    const upTo = this.#upTo;
    if (draw < upTo[0]!) return 0;
    return draw < upTo[1]! ? 1 : 2;
  }
}

/** How near each backend is, as an index of {@link LOCALITY_LEVELS}. */
function poolLevels({ settings, backends }: SnapshotPool, gateway: Place): readonly number[] {
  return backends.map((backend) => {
    const level = levelOf(gateway, backend);
    return LOCALITY_LEVELS.indexOf(level === 'zone' && settings.locality.prefer === 'region' ? 'region' : level);
  });
}
