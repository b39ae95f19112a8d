/** The source of the what-if routes: what other limits would have made of the last hour. The control thread implements it. */
import type { ClientKey } from '../identity/client-key.ts';
import type { ClientLimit } from './client-limit.ts';
import type { BucketPolicy } from './client-table.ts';
import type { Timing } from './core/limits-vocabulary.ts';
import type { Replay } from './core/limit-replay.ts';

/** Which part of the last hour is known; times in milliseconds since the epoch. */
export interface Recorded {
  readonly since: number;
  readonly until: number;
  readonly seconds: number;
}

/** What one limit would have done, for each assumption about when in a second its requests came. */
export interface Verdict<Outcome> extends Readonly<Record<Timing, Outcome>> {
  readonly policy: BucketPolicy;
}

export interface ClientOutcome extends Omit<Replay, 'worstMinute'> {
  /** The start in milliseconds since the epoch. */
  readonly worstMinute: { readonly start: number; readonly refused: number } | null;
  /** Refuses nobody at this rate or in this window. */
  readonly smallestCapacity: number;
  /** Refuses nobody with this capacity. 0: any rate does; null: none does, or it is a window. */
  readonly smallestRate: number | null;
}

interface WhatIf<Outcome> {
  readonly recorded: Recorded;
  readonly requests: number;
  /** What they cost. */
  readonly tokens: number;
  readonly current: Verdict<Outcome>;
  readonly proposed: Verdict<Outcome>;
  /** What to keep in mind, in English. */
  readonly notes: readonly string[];
}

export interface ClientWhatIf extends ClientKey, WhatIf<ClientOutcome> {
  /** Key of the client whose limit applies to it. */
  readonly countedAs: string;
}

export interface DefaultOutcome {
  readonly refused: number;
  /** Clients of whose requests at least one is refused. */
  readonly refusedClients: number;
  /** As of a client, for the most demanding of them. */
  readonly smallestCapacity: number;
  readonly smallestRate: number | null;
}

/** A client of whose requests the proposed limit would have refused some. */
export interface RefusedClient extends ClientKey {
  readonly requests: number;
  readonly refused: Readonly<Record<Timing, number>>;
}

export interface DefaultWhatIf extends WhatIf<DefaultOutcome> {
  /** How many clients were replayed: the busiest under the default limit. */
  readonly clients: number;
  /** Share of all requests of the hour that are theirs or of registered clients that are recorded, 0..1. */
  readonly coveredShare: number;
  /** The most refused first; at most {@link MAX_REFUSED_CLIENTS}. */
  readonly refusedClients: readonly RefusedClient[];
}

export const MAX_REFUSED_CLIENTS = 100;

/** What is left out of a limit is as it is now. Both reject with GW_VALIDATION if the limit is impossible. */
export interface WhatIfReports {
  /** Rejects with GW_DEMAND_NOT_RECORDED if nothing is known of the client. */
  client(client: ClientKey, limit: Partial<ClientLimit>): Promise<ClientWhatIf>;
  /** For all clients without a limit of their own. */
  default(limit: Partial<ClientLimit>): Promise<DefaultWhatIf>;
}
