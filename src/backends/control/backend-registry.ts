/**
 * Applies members and what is stored of backends on top of the file, and keeps all current: here a change by the API, a
 * change by another gateway, a change of what discovery found and a reload of the file meet. They wait for each other.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Logger } from 'pino';
import { makeBackendIds } from '../../config/backend-id.ts';
import { isBackendId } from '../core/backend-id-rule.ts';
import { canonicalBackendUrl, protocolMisfit } from '../../net/backend-url.ts';
import type { Settings } from '../../config/settings.ts';
import { KeyedQueue } from '../../core/keyed-queue.ts';
import { GatewayError } from '../../errors.ts';
import type { BackendControl, BackendReplacement, OverlayEntry, WantedBackend } from '../backend-control.ts';
import {
  applyOverlay,
  type BackendOrigin,
  type MemberBackends,
  NO_MEMBERS,
  type OverlayResult,
  type RefusedMember,
  type RejectedOverride,
} from '../backend-overlay.ts';
import type { BackendChange, BackendStore, NewBackend, StoredBackend } from '../backend-store.ts';
import type { AcceptedVersions } from '../../net/entity-tag.ts';
import { idTaken, poolNeeded, refusal, urlMisfit } from './backend-refusals.ts';
import { replacingChange, type LocatedBackend } from './replacing-change.ts';
import { NOTHING, saveBackendChange, isEmpty } from './save-backend-change.ts';

export interface BackendRegistryPorts {
  /** Rejects if the database cannot be opened. */
  readonly store: () => Promise<BackendStore>;
  /** Resolves when they apply on every thread; throws before anything has changed if they cannot. */
  readonly apply: (settings: Settings) => Promise<void>;
  /** Why a URL leads to this gateway itself; undefined: it does not. */
  readonly ownAddress: (url: string) => string | undefined;
  readonly log: Logger;
}

/** Puts pools and routes that discovery found behind those of the file. Pure. */
export type ExtendFile = (file: Settings) => Settings;

type Rows = ReadonlyMap<string, StoredBackend>;

/** Of rows that are not stored: versions begin with 1. */
const NO_VERSION = 0;

export class BackendRegistry implements BackendControl {
  readonly #ports: BackendRegistryPorts;
  readonly #queue = new KeyedQueue();
  #file: Settings;
  #members: MemberBackends = NO_MEMBERS;
  #extend: ExtendFile = (file) => file;
  #rows: Rows = new Map();
  #overlaid: OverlayResult;
  #refreshing: Promise<void> | null = null;

  /** @param file already current; what is stored comes with {@link refresh}. */
  constructor(file: Settings, ports: BackendRegistryPorts) {
    this.#ports = ports;
    this.#file = file;
    this.#overlaid = applyOverlay(file, NO_MEMBERS, []);
  }

  /** Without the overlay. */
  get fileSettings(): Settings {
    return this.#file;
  }

  origin(id: string): BackendOrigin | undefined {
    return this.#overlaid.origins.get(id);
  }

  overlay(): readonly OverlayEntry[] {
    const problems = new Map(this.#overlaid.rejected.map(({ id, message }) => [id, message]));
    return [...this.#rows.values()].map((row) => ({ ...row, problem: problems.get(row.id) ?? null }));
  }

  /** The file was read again: what is stored still overrides it, as far as it fits. */
  applyFile(file: Settings): Promise<void> {
    return this.#inTurn(async () => {
      await this.#ports.apply(applyOverlay(this.#extend(file), this.#members, [...this.#rows.values()]).settings);
      this.#file = file;
      this.#know(this.#rows);
    });
  }

  /** What discovery found has changed: one snapshot, or none if nothing follows for traffic. */
  applyFound(members: MemberBackends, extend: ExtendFile): Promise<void> {
    return this.#inTurn(async () => {
      const { settings } = applyOverlay(extend(this.#file), members, [...this.#rows.values()]);
      const { pools, routes } = this.#overlaid.settings;
      if (!isDeepStrictEqual([settings.pools, settings.routes], [pools, routes])) await this.#ports.apply(settings);
      this.#members = members;
      this.#extend = extend;
      this.#know(this.#rows);
    });
  }

  /** Members that do not apply. */
  get refusedMembers(): readonly RefusedMember[] {
    return this.#overlaid.refusedMembers;
  }

  /** Applies the current settings again, for the parts of a snapshot besides the settings. */
  reapply(): Promise<void> {
    return this.#inTurn(() => this.#ports.apply(this.#overlaid.settings));
  }

  /**
   * Applies what is stored: at start, when another gateway changed something, when the database is back. Callers that
   * arrive while one call waits get its result.
   */
  refresh(): Promise<void> {
    this.#refreshing ??= this.#inTurn(async () => {
      this.#refreshing = null;
      const store = await this.#ports.store();
      const rows = byId(await store.all());
      if (!isDeepStrictEqual(rows, this.#rows)) await this.#applyRows(rows);
    });
    return this.#refreshing;
  }

  create(wanted: WantedBackend): Promise<string> {
    return this.#inTurn(async () => {
      const url = canonicalBackendUrl(wanted.url);
      const own = this.#ports.ownAddress(url);
      if (own !== undefined) throw urlMisfit(own);
      this.#assertProtocol(wanted);
      const { id = this.#newId(wanted.pool, url), pool, weight = 1, enabled = true, backup = false } = wanted;
      if (this.#overlaid.origins.has(id) || this.#rows.has(id)) throw idTaken(id);
      const row = { ...NOTHING, id, url, pool, weight, enabled, backup, maxInFlight: wanted.maxInFlight ?? null };
      this.#assertFits(id, this.#with(provisional(row)));
      const store = await this.#ports.store();
      const created = await store.create(row);
      try {
        await this.#applyRows(this.#with(created));
      } catch (error) {
        await store.remove(id, created.version).catch(() => {});
        throw error;
      }
      this.#ports.log.info({ backend: id, pool, url }, 'backend added');
      return id;
    });
  }

  change(id: string, change: BackendChange, versions?: AcceptedVersions): Promise<void> {
    return this.#inTurn(() => this.#change(id, change, versions));
  }

  replace(id: string, wanted: BackendReplacement, versions?: AcceptedVersions): Promise<void> {
    return this.#inTurn(() => this.#change(id, (row) => this.#replacing(id, row, wanted), versions));
  }

  setEnabled(id: string, isEnabled: boolean, versions?: AcceptedVersions): Promise<void> {
    return this.#inTurn(() => {
      const below = find(this.#withoutRows(), id)?.backend;
      return this.#change(id, { enabled: below?.enabled === isEnabled ? null : isEnabled }, versions);
    });
  }

  remove(id: string, versions?: AcceptedVersions): Promise<void> {
    return this.#inTurn(async () => {
      assertId(id);
      const store = await this.#ports.store();
      const row = await store.get(id);
      if (row === undefined) {
        // Another gateway may have been faster.
        if (this.#rows.has(id)) await this.#applyRows(this.#without(id));
        throw new GatewayError(this.#overlaid.origins.has(id) ? 'GW_BACKEND_IN_FILE' : 'GW_BACKEND_NOT_FOUND');
      }
      assertVersion(row, versions);
      this.#assertFits(null, this.#without(id));
      await store.remove(id, versions === undefined ? undefined : row.version);
      await this.#applyRows(this.#without(id));
      this.#ports.log.info({ backend: id }, row.url === null ? 'backend overrides removed' : 'backend removed');
    });
  }

  #replacing(id: string, row: StoredBackend | undefined, wanted: BackendReplacement): BackendChange {
    const { settings } = this.#overlay(row === undefined ? this.#without(id) : this.#with(row));
    const current = find(settings, id);
    if (current === undefined) throw new GatewayError('GW_BACKEND_NOT_FOUND');
    return replacingChange(wanted, { current, overrides: row ?? NOTHING, fromFile: find(this.#withoutRows(), id) });
  }

  async #change(
    id: string,
    wanted: BackendChange | ((row: StoredBackend | undefined) => BackendChange),
    versions: AcceptedVersions,
  ): Promise<void> {
    assertId(id);
    const store = await this.#ports.store();
    const row = await store.get(id);
    const source = this.#overlaid.origins.get(id)?.source;
    if (row === undefined && source !== 'file' && source !== 'discovery')
      throw new GatewayError('GW_BACKEND_NOT_FOUND');
    assertVersion(row, versions);
    const change = typeof wanted === 'function' ? wanted(row) : wanted;
    if (typeof wanted === 'function' && Object.keys(change).length === 0) return;
    if (typeof row?.url === 'string' && change.pool === null) throw poolNeeded();
    const next = { ...(row ?? provisional({ ...NOTHING, id, url: null })), ...change };
    this.#assertFits(id, isEmpty(next) ? this.#without(id) : this.#with(next));
    const stored = await saveBackendChange(store, id, row, change, versions);
    await this.#applyRows(stored === undefined ? this.#without(id) : this.#with(stored));
    this.#ports.log.info({ backend: id, change }, 'backend changed');
  }

  /** With the URL as written: what is stored does not say h2c any more. */
  #assertProtocol({ pool, url }: WantedBackend): void {
    const protocol = this.#overlaid.settings.pools.find(({ name }) => name === pool)?.protocol;
    const misfit = protocol === undefined ? undefined : protocolMisfit(protocol, url);
    if (misfit !== undefined) throw urlMisfit(`pool "${pool}": ${misfit}`);
  }

  /** Throws if with these rows something that applies now would not apply any more, or `id` would not. */
  #assertFits(id: string | null, rows: Rows): void {
    const { rejected, origins } = this.#overlay(rows);
    const known = new Set(this.#overlaid.rejected.map(nameOf));
    const added = rejected.find((rejection) => !known.has(nameOf(rejection)));
    const own = id === null || origins.has(id) ? undefined : rejected.find((rejection) => rejection.id === id);
    const rejection = added ?? own;
    if (rejection !== undefined) throw refusal(rejection, id);
    if (id !== null && !origins.has(id)) throw new GatewayError('GW_BACKEND_NOT_FOUND');
  }

  async #applyRows(rows: Rows): Promise<void> {
    const { settings } = this.#overlay(rows);
    if (!isDeepStrictEqual(settings.pools, this.#overlaid.settings.pools)) await this.#ports.apply(settings);
    this.#know(rows);
  }

  #know(rows: Rows): void {
    const before = this.#overlaid.rejected;
    this.#rows = rows;
    this.#overlaid = this.#overlay(rows);
    this.#logRejected(before);
  }

  #overlay(rows: Rows): OverlayResult {
    return applyOverlay(this.#extend(this.#file), this.#members, [...rows.values()]);
  }

  /** The file and the members. */
  #withoutRows(): Settings {
    return applyOverlay(this.#extend(this.#file), this.#members, []).settings;
  }

  #logRejected(before: readonly RejectedOverride[]): void {
    const known = new Set(before.map(nameOf));
    for (const rejection of this.#overlaid.rejected) {
      if (known.has(nameOf(rejection))) continue;
      this.#ports.log.warn({ backend: rejection.id, reason: rejection.message }, 'backend override does not apply');
    }
  }

  #with(row: StoredBackend): Rows {
    return byId([...this.#rows.values(), row]);
  }

  #without(id: string): Rows {
    return byId([...this.#rows.values()].filter((row) => row.id !== id));
  }

  #newId(pool: string, url: string): string {
    const known = [...new Set([...this.#overlaid.origins.keys(), ...this.#rows.keys()])];
    const all = known.map((id) => ({ id, pool, url }));
    return makeBackendIds([...all, { pool, url, id: undefined }]).at(-1)!;
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    return this.#queue.run('backends', work);
  }
}

/** In byte order, like the store's. */
function byId(rows: readonly StoredBackend[]): Rows {
  const map = new Map(rows.map((row) => [row.id, row]));
  return new Map([...map].toSorted(([one], [other]) => (one < other ? -1 : 1)));
}

const nameOf = ({ id, kind }: RejectedOverride): string => `${kind} ${id}`;

function find({ pools }: Settings, id: string): LocatedBackend | undefined {
  for (const pool of pools) {
    const backend = pool.backends.find((each) => each.id === id);
    if (backend !== undefined) return { pool, backend };
  }
  return undefined;
}

/** A text that cannot be an id identifies no backend; a database may not even accept it, as PostgreSQL a NUL. */
function assertId(id: string): void {
  if (!isBackendId(id)) throw new GatewayError('GW_BACKEND_NOT_FOUND');
}

/** As it will be stored. */
function provisional(row: NewBackend): StoredBackend {
  const now = new Date();
  return { ...row, version: NO_VERSION, createdAt: now, updatedAt: now };
}

function assertVersion(row: StoredBackend | undefined, versions: AcceptedVersions): void {
  if (versions !== undefined && !versions.includes(row?.version ?? NO_VERSION))
    throw new GatewayError('GW_PRECONDITION_FAILED');
}
