/**
 * Puts the current settings together, in three layers: the file, the members that discovery found, and the operators'
 * overrides. A pure function. What does not fit the layers below does not apply, but is kept and reported.
 */
import type { BackendSettings, PoolSettings, Settings } from '../config/settings.ts';
import { type BackendSource, OVERLAY_FIELDS } from './core/backends-vocabulary.ts';
import type { BackendValues, StoredBackend } from './backend-store.ts';
import { protocolMisfit } from '../net/backend-url.ts';
import { MAX_BACKENDS } from '../runtime/table-sizes.ts';

/** Where a current backend comes from, and which parts of it the API overrides. */
export interface BackendOrigin {
  readonly source: BackendSource;
  /** Keys of the file or of the member that the API overrides; none for an added backend. */
  readonly overrides: readonly (keyof BackendValues)[];
  /** Their values without the API; null if there are none. */
  readonly file: Readonly<Partial<BackendValues>> | null;
  /** Of the stored row; 0: there is none. */
  readonly version: number;
}

export type RejectionKind = 'gone' | 'id_taken' | 'unknown_pool' | 'url_taken' | 'other_protocol' | 'too_many';

/** Something stored that does not apply. */
export interface RejectedOverride {
  readonly id: string;
  readonly kind: RejectionKind;
  /** Why, in one sentence. */
  readonly message: string;
}

/** Members by pool, as backends. */
export type MemberBackends = ReadonlyMap<string, readonly BackendSettings[]>;

export const NO_MEMBERS: MemberBackends = new Map();

/** A member that does not apply. */
export interface RefusedMember {
  readonly pool: string;
  readonly id: string;
  /** Why, in one sentence. */
  readonly message: string;
}

export interface OverlayResult {
  /** Current. */
  readonly settings: Settings;
  /** Of every current backend, by id. */
  readonly origins: ReadonlyMap<string, BackendOrigin>;
  readonly rejected: readonly RejectedOverride[];
  readonly refusedMembers: readonly RefusedMember[];
}

/** A backend that the API adds, where its row has no value. */
const ADDED = { weight: 1, enabled: true, backup: false, maxInFlight: null, region: null, zone: null };

const FROM_FILE: BackendOrigin = { source: 'file', overrides: [], file: null, version: 0 };
const DISCOVERED: BackendOrigin = { ...FROM_FILE, source: 'discovery' };

/**
 * @param members of pools with a source; of others they do not apply.
 * @param rows by id: of two that exclude each other, the first applies.
 */
export function applyOverlay(file: Settings, members: MemberBackends, rows: readonly StoredBackend[]): OverlayResult {
  const overlay = new Overlay(file.pools);
  for (const { name, discover } of file.pools) {
    if (discover !== null) overlay.join(name, members.get(name) ?? []);
  }
  // Overrides first: an added backend must not take a slot that another one is moved to.
  const [over, added] = [rows.filter(({ id }) => overlay.has(id)), rows.filter(({ id }) => !overlay.has(id))];
  for (const row of over) overlay.change(row);
  for (const row of added) overlay.add(row);
  const isSame = rows.length === 0 && overlay.origins.size === countOf(file);
  const settings = isSame ? file : Object.freeze({ ...file, pools: overlay.pools() });
  const { origins, rejected, refusedMembers } = overlay;
  return { settings, origins, rejected, refusedMembers };
}

function countOf({ pools }: Settings): number {
  return pools.reduce((sum, { backends }) => sum + backends.length, 0);
}

class Overlay {
  readonly origins = new Map<string, BackendOrigin>();
  readonly rejected: RejectedOverride[] = [];
  readonly refusedMembers: RefusedMember[] = [];
  readonly #pools: readonly PoolSettings[];
  readonly #backends = new Map<string, BackendSettings[]>();
  readonly #poolOf = new Map<string, string>();

  constructor(pools: readonly PoolSettings[]) {
    this.#pools = pools;
    for (const { name, backends } of pools) {
      this.#backends.set(name, [...backends]);
      for (const { id } of backends) {
        this.#poolOf.set(id, name);
        this.origins.set(id, FROM_FILE);
      }
    }
  }

  has(id: string): boolean {
    return this.#poolOf.has(id);
  }

  pools(): readonly PoolSettings[] {
    return this.#pools.map((pool) => {
      const backends = this.#backends.get(pool.name)!;
      const isSame =
        backends.length === pool.backends.length && backends.every((each, at) => each === pool.backends[at]);
      return isSame ? pool : { ...pool, backends };
    });
  }

  /** Adds members to a pool. What the file lists is the file's. */
  join(pool: string, members: readonly BackendSettings[]): void {
    const backends = this.#backends.get(pool)!;
    const known = new Map(backends.map(({ id, url }) => [url, id]));
    for (const member of members) {
      const message = this.#whyNot(member, known);
      if (message !== undefined) {
        this.refusedMembers.push({ pool, id: member.id, message });
        continue;
      }
      known.set(member.url, member.id);
      backends.push(member);
      this.#poolOf.set(member.id, pool);
      this.origins.set(member.id, DISCOVERED);
    }
  }

  #whyNot({ id, url }: BackendSettings, known: ReadonlyMap<string, string>): string | undefined {
    const same = known.get(url);
    if (same !== undefined) return `the pool already has ${url}, as "${same}"`;
    if (this.has(id)) return `pool "${this.#poolOf.get(id)}" already has a backend with this id`;
    return this.origins.size < MAX_BACKENDS ? undefined : `at most ${MAX_BACKENDS} backends are supported`;
  }

  /** Applies the row to the backend with its id, of the file or of a source. Its other values apply even if its pool does not fit. */
  change(row: StoredBackend): void {
    const pool = this.#poolOf.get(row.id)!;
    const backends = this.#backends.get(pool)!;
    const at = backends.findIndex(({ id }) => id === row.id);
    const backend = backends[at]!;
    if (row.url !== null && row.url !== backend.url) {
      const owner = this.origins.get(row.id)!.source === 'file' ? 'the file' : 'discovery';
      this.#refuse(row, 'id_taken', `${owner} has a backend with this id at another URL, ${backend.url}`);
      return;
    }
    const changed = withValues(backend, row);
    const isMoved = row.pool !== null && row.pool !== pool && this.#isFree(row, row.pool, backend.url);
    if (isMoved) {
      backends.splice(at, 1);
      this.#backends.get(row.pool!)!.push(changed);
    } else backends[at] = changed;
    const { source } = this.origins.get(row.id)!;
    this.origins.set(row.id, originOf(source, row, { ...valuesOf(backend), pool }, isMoved));
  }

  add(row: StoredBackend): void {
    if (row.url === null || row.pool === null) {
      this.#refuse(row, 'gone', this.#hasSources() ? GONE_OR_UNSEEN : 'the file has no backend with this id any more');
      return;
    }
    if (!this.#isFree(row, row.pool, row.url)) return;
    if (this.origins.size >= MAX_BACKENDS) {
      this.#refuse(row, 'too_many', `at most ${MAX_BACKENDS} backends are supported`);
      return;
    }
    const { id, url } = row;
    this.#backends.get(row.pool)!.push(withValues({ ...ADDED, id, url }, row));
    this.origins.set(id, { source: 'api', overrides: [], file: null, version: row.version });
  }

  #hasSources(): boolean {
    return this.#pools.some(({ discover }) => discover !== null);
  }

  /** Refuses the row if there is no such pool, or its URL does not fit the pool's protocol or is already in there. */
  #isFree(row: StoredBackend, pool: string, url: string): boolean {
    const others = this.#backends.get(pool);
    if (others === undefined) {
      const known = [...this.#backends.keys()].join(', ');
      this.#refuse(row, 'unknown_pool', `there is no pool "${pool}"; pools: ${known}`);
      return false;
    }
    const { protocol } = this.#pools.find(({ name }) => name === pool)!;
    const misfit = protocolMisfit(protocol, url);
    if (misfit !== undefined) {
      this.#refuse(row, 'other_protocol', `pool "${pool}": ${misfit}`);
      return false;
    }
    const other = others.find((each) => each.url === url);
    if (other === undefined) return true;
    this.#refuse(row, 'url_taken', `pool "${pool}" already has this URL, as "${other.id}"`);
    return false;
  }

  #refuse({ id }: StoredBackend, kind: RejectionKind, message: string): void {
    this.rejected.push({ id, kind, message });
  }
}

const GONE_OR_UNSEEN = 'neither the file nor discovery has a backend with this id at present';

function withValues(backend: BackendSettings, row: StoredBackend): BackendSettings {
  return {
    ...backend,
    weight: row.weight ?? backend.weight,
    enabled: row.enabled ?? backend.enabled,
    backup: row.backup ?? backend.backup,
    maxInFlight: row.maxInFlight ?? backend.maxInFlight,
    ...(row.draining === true ? { draining: true } : {}),
  };
}

function valuesOf({ weight, enabled, draining, backup, maxInFlight }: BackendSettings): Omit<BackendValues, 'pool'> {
  return { weight, enabled, draining: draining === true, backup, maxInFlight };
}

const FIELDS = Object.keys(OVERLAY_FIELDS) as readonly (keyof BackendValues)[];

function originOf(source: BackendSource, row: StoredBackend, file: BackendValues, isMoved: boolean): BackendOrigin {
  const overrides = FIELDS.filter((key) => (key === 'pool' ? isMoved : row[key] !== null));
  return {
    source,
    overrides,
    file: overrides.length === 0 ? null : Object.fromEntries(overrides.map((key) => [key, file[key]])),
    version: row.version,
  };
}
