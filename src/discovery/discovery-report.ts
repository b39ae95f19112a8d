/** Discovery as operators see and use it: the port between the admin API and the control thread. */
import type { AcceptedVersions } from '../net/entity-tag.ts';
import type { DiscoveryState, RouteProvider } from './core/discovery-vocabulary.ts';
import type { Member } from './core/member.ts';

export interface MemberReport extends Member {
  /** Of the backend that it is. */
  readonly id: string;
  readonly url: string;
  /** False: only an old list is known, and no health check has succeeded yet. */
  readonly isProven: boolean;
  /** The source no longer lists it; null: it does. Times in milliseconds since the epoch. */
  readonly held: { readonly since: number; readonly until: number | null; readonly reason: string } | null;
}

export interface PoolReport {
  readonly pool: string;
  /** Kind of the source. */
  readonly source: string;
  readonly isStrong: boolean;
  readonly state: DiscoveryState;
  readonly members: readonly MemberReport[];
  /** Entries that were left out, each named with the reason. */
  readonly refused: readonly string[];
  /** Time since the last list, ms; null: none yet. */
  readonly ageMs: number | null;
  readonly lastError: string | null;
  /** Milliseconds since the epoch; null: the source answers. */
  readonly failingSince: number | null;
  /** Since the start of the process. */
  readonly failuresTotal: number;
  readonly changesTotal: number;
}

/** Routes that a provider lists. */
export interface ProviderReport {
  readonly provider: RouteProvider;
  readonly state: DiscoveryState;
  /** Names of those that apply. */
  readonly routes: readonly string[];
  /** What does not apply, and why. */
  readonly problems: readonly { readonly subject: string; readonly message: string }[];
  /** Time since the last list, ms; null: none yet. */
  readonly ageMs: number | null;
  readonly lastError: string | null;
  /** Milliseconds since the epoch; null: the provider answers. */
  readonly failingSince: number | null;
  /** Since the start of the process. */
  readonly failuresTotal: number;
  readonly changesTotal: number;
}

/** Of a pool, for Prometheus. */
export interface PoolFigures {
  readonly pool: string;
  /** Kind of the source. */
  readonly source: string;
  readonly listed: number;
  readonly held: number;
  readonly unproven: number;
  /** Time since the last list, ms; null: none yet. */
  readonly ageMs: number | null;
  readonly failures: number;
  readonly changes: number;
}

/** Of a provider of routes, for Prometheus. */
export interface ProviderFigures {
  readonly provider: RouteProvider;
  /** Names of its routes that apply. */
  readonly routes: readonly string[];
  readonly problems: readonly unknown[];
  /** Time since the last list, ms; null: none yet. */
  readonly ageMs: number | null;
  readonly failures: number;
  readonly changes: number;
}

/** A list that was pushed to this or another gateway. */
export interface PushedReport {
  readonly pool: string;
  readonly members: readonly Member[];
  readonly version: number;
  /** Milliseconds since the epoch; null: it does not expire. */
  readonly expiresAt: number | null;
  readonly isExpired: boolean;
}

export interface DiscoveryControl {
  /** In the order of the configuration. */
  report(): readonly PoolReport[];
  /** Providers of routes that are on. */
  providers(): readonly ProviderReport[];
  /** Throws GW_POOL_NOT_FOUND if there is no such pool, GW_POOL_NOT_PUSHED if its members come from elsewhere. */
  pushed(pool: string): PushedReport;
  /**
   * Stored for all gateways, and applied on every thread of this one. Rejects as {@link pushed} throws, with
   * GW_VALIDATION, and with GW_PRECONDITION_FAILED.
   *
   * @param members null: removes the list.
   * @param ttl a duration; null: it does not expire.
   */
  push(
    pool: string,
    members: readonly unknown[] | null,
    ttl: string | null,
    versions: AcceptedVersions,
  ): Promise<PushedReport>;
}
