/**
 * Applies the operators' overrides to the file: a pure function from the file's settings and the stored changes to the
 * current settings. An override that no longer fits the file does not apply, but is kept and reported.
 */
import type { BackendSettings, PoolSettings, Settings } from '../config/settings.ts';
import { type BackendSource, OVERLAY_FIELDS } from './core/backends-vocabulary.ts';
import type { BackendValues, StoredBackend } from './backend-store.ts';
import { protocolMisfit } from '../net/backend-url.ts';
import { MAX_BACKENDS } from '../runtime/table-sizes.ts';

/** Where a current backend comes from, and which parts of it the API overrides. */
export interface BackendOrigin {
  readonly source: BackendSource;
  /** Keys of the file that the API overrides; none for an added backend. */
  readonly overrides: readonly (keyof BackendValues)[];
  /** The file's values of these; null if there are none. */
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

export interface OverlayResult {
  /** Current. */
  readonly settings: Settings;
  /** Of every current backend, by id. */
  readonly origins: ReadonlyMap<string, BackendOrigin>;
  readonly rejected: readonly RejectedOverride[];
}

/** A backend that the API adds, where its row has no value. */
const ADDED = { weight: 1, enabled: true, backup: false, maxInFlight: null, region: null, zone: null };

const FROM_FILE: BackendOrigin = { source: 'file', overrides: [], file: null, version: 0 };

/** @param rows by id: of two that exclude each other, the first applies. */
export function applyOverlay(file: Settings, rows: readonly StoredBackend[]): OverlayResult {
  const overlay = new Overlay(file.pools);
  // The file's backends first: an added one must not take a slot that one of them is moved to.
  const [over, added] = [rows.filter(({ id }) => overlay.has(id)), rows.filter(({ id }) => !overlay.has(id))];
  for (const row of over) overlay.change(row);
  for (const row of added) overlay.add(row);
  const settings = rows.length === 0 ? file : Object.freeze({ ...file, pools: overlay.pools() });
  return { settings, origins: overlay.origins, rejected: overlay.rejected };
}

class Overlay {
  readonly origins = new Map<string, BackendOrigin>();
  readonly rejected: RejectedOverride[] = [];
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

  /** Applies the row to the file's backend with its id. Its other values apply even if its pool does not fit. */
  change(row: StoredBackend): void {
    const pool = this.#poolOf.get(row.id)!;
    const backends = this.#backends.get(pool)!;
    const at = backends.findIndex(({ id }) => id === row.id);
    const backend = backends[at]!;
    if (row.url !== null && row.url !== backend.url) {
      this.#refuse(row, 'id_taken', `the file has a backend with this id at another URL, ${backend.url}`);
      return;
    }
    const changed = withValues(backend, row);
    const isMoved = row.pool !== null && row.pool !== pool && this.#isFree(row, row.pool, backend.url);
    if (isMoved) {
      backends.splice(at, 1);
      this.#backends.get(row.pool!)!.push(changed);
    } else backends[at] = changed;
    this.origins.set(row.id, originOf(row, { ...valuesOf(backend), pool }, isMoved));
  }

  add(row: StoredBackend): void {
    if (row.url === null || row.pool === null) {
      this.#refuse(row, 'gone', 'the file has no backend with this id any more');
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

function valuesOf({ weight, enabled, backup, maxInFlight }: BackendSettings): Omit<BackendValues, 'pool'> {
  return { weight, enabled, draining: false, backup, maxInFlight };
}

const FIELDS = Object.keys(OVERLAY_FIELDS) as readonly (keyof BackendValues)[];

function originOf(row: StoredBackend, file: BackendValues, isMoved: boolean): BackendOrigin {
  const overrides = FIELDS.filter((key) => (key === 'pool' ? isMoved : row[key] !== null));
  return {
    source: 'file',
    overrides,
    file: overrides.length === 0 ? null : Object.fromEntries(overrides.map((key) => [key, file[key]])),
    version: row.version,
  };
}
