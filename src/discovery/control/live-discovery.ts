/** Discovery as operators see it, and the lists that they push. */
import { parseDuration } from '../../config/schema/duration.ts';
import { GatewayError } from '../../errors.ts';
import type { AcceptedVersions } from '../../net/entity-tag.ts';
import type { BackendRegistry } from '../../backends/control/backend-registry.ts';
import { type DiscoveryState, TTL_SECONDS } from '../core/discovery-vocabulary.ts';
import type { CurrentMember } from '../core/membership.ts';
import type { DiscoveryControl, MemberReport, PoolReport, ProviderReport, PushedReport } from '../discovery-report.ts';
import { boundRefused, memberUrl, readEntries, readEntry } from '../read-entry.ts';
import { kindOf } from './create-source.ts';
import type { Discovery } from './discovery.ts';
import type { PoolMembers } from './pool-members.ts';
import type { PushedLists } from './pushed-lists.ts';

export interface LiveDiscoveryPorts {
  readonly discovery: Discovery;
  readonly pushed: PushedLists;
  readonly registry: Pick<BackendRegistry, 'refusedMembers' | 'fileSettings'>;
  /** Monotonic. */
  readonly nowMs: () => number;
  /** Milliseconds since the epoch, of a time of {@link nowMs}. */
  readonly wallMs: (atMs: number) => number;
}

/** Longest wait for a pushed list to apply, ms. */
const APPLIED_MS = 5000;

export class LiveDiscovery implements DiscoveryControl {
  readonly #ports: LiveDiscoveryPorts;

  constructor(ports: LiveDiscoveryPorts) {
    this.#ports = ports;
  }

  report(): readonly PoolReport[] {
    return this.#ports.discovery.pools().map((pool) => this.#reportOf(pool));
  }

  providers(): readonly ProviderReport[] {
    return this.#ports.discovery.routes.report().map(({ failingSinceMs, failures, changes, ...provider }) => ({
      ...provider,
      failingSince: failingSinceMs === null ? null : this.#ports.wallMs(failingSinceMs),
      failuresTotal: failures,
      changesTotal: changes,
    }));
  }

  pushed(pool: string): PushedReport {
    const { scheme } = this.#pushPool(pool);
    const list = this.#ports.pushed.get(pool);
    if (list === undefined) throw new GatewayError('GW_DATABASE_UNAVAILABLE');
    const { members, version, expiresAtMs } = list;
    const { nowMs, wallMs } = this.#ports;
    return {
      pool,
      members: readEntries(members, scheme).members,
      version,
      expiresAt: expiresAtMs === null ? null : wallMs(expiresAtMs),
      isExpired: expiresAtMs !== null && expiresAtMs <= nowMs(),
    };
  }

  async push(
    pool: string,
    members: readonly unknown[] | null,
    ttl: string | null,
    versions: AcceptedVersions,
  ): Promise<PushedReport> {
    const { scheme } = this.#pushPool(pool);
    const ttlSeconds = ttl === null ? null : readTtl(ttl);
    const read = (members ?? []).map((entry) => readEntry(entry, scheme));
    const details = read.flatMap((entry, at) => {
      if (entry === null) return [];
      const message = typeof entry === 'string' ? entry : this.#ports.discovery.ownAddress(memberUrl(entry, scheme));
      return message === undefined ? [] : [{ field: `members.${at}`, message }];
    });
    if (details.length > 0) throw new GatewayError('GW_VALIDATION', { details: details.slice(0, 20) });
    const stored = members === null ? null : read.filter((entry) => entry !== null && typeof entry !== 'string');
    await this.#ports.pushed.push(pool, stored, ttlSeconds, versions);
    await this.#ports.discovery.applied(pool, APPLIED_MS);
    return this.pushed(pool);
  }

  #pushPool(name: string): { readonly scheme: 'http' | 'https' } {
    const pool = this.#ports.registry.fileSettings.pools.find((each) => each.name === name);
    if (pool === undefined) throw new GatewayError('GW_POOL_NOT_FOUND');
    if (pool.discover === null || kindOf(pool.discover) !== 'push') throw new GatewayError('GW_POOL_NOT_PUSHED');
    return pool.discover;
  }

  #reportOf(pool: PoolMembers): PoolReport {
    const { state, totals } = pool;
    const { nowMs, wallMs, registry } = this.#ports;
    const refused = registry.refusedMembers
      .filter((each) => each.pool === pool.name)
      .map(({ id, message }) => `${id}: ${message}`);
    return {
      pool: pool.name,
      source: kindOf(pool.discover),
      isStrong: pool.isStrong,
      state: stateOf(pool),
      members: [...state.members.values()].map((member) => this.#memberOf(pool, member)),
      refused: boundRefused([...state.refused, ...refused]),
      ageMs: state.listedAtMs === null ? null : nowMs() - state.listedAtMs,
      lastError: state.lastError,
      failingSince: state.failingSinceMs === null ? null : wallMs(state.failingSinceMs),
      failuresTotal: totals.failures,
      changesTotal: totals.changes,
    };
  }

  #memberOf(pool: PoolMembers, { member, isProven, held }: CurrentMember): MemberReport {
    const { wallMs } = this.#ports;
    const reason = 'the source no longer lists it, and its health checks do not fail';
    return {
      ...member,
      id: pool.idOf(member),
      url: pool.urlOf(member),
      isProven,
      held: held && {
        since: wallMs(held.sinceMs),
        until: held.untilMs === null ? null : wallMs(held.untilMs),
        reason: held.untilMs === null ? `${reason}; the list is suddenly empty or much shorter` : reason,
      },
    };
  }
}

function stateOf({ state }: PoolMembers): DiscoveryState {
  if (state.lastError !== null) return 'failing';
  if (state.listedAtMs !== null) return 'current';
  return state.members.size > 0 ? 'cached' : 'starting';
}

function readTtl(text: string): number {
  const seconds = (parseDuration(text) ?? 0) / 1000;
  if (seconds >= TTL_SECONDS.minimum && seconds <= TTL_SECONDS.maximum) return seconds;
  const message = 'must be a duration of 1s to 24h, such as 30s';
  throw new GatewayError('GW_VALIDATION', { details: [{ field: 'ttl', message }] });
}
