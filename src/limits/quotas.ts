/** Quotas of clients in one traffic thread: of all routes together, and of a route. */
import type { BucketHash } from '../identity/client-identity.ts';
import { CalendarPeriod } from './calendar-period.ts';
import type { QuotaPeriod } from './core/limits-vocabulary.ts';
import { idText, quotaId } from './quota-id.ts';
import { joinLimitFields } from './rate-limit-fields.ts';
import type { QuotaId, QuotaTable } from './quota-table.ts';

export interface QuotaSettings {
  readonly requests: number;
  readonly per: QuotaPeriod;
  readonly timezone: string;
}

/** Of a client and one of its quotas, after a take. */
export interface QuotaState {
  /** As in RateLimit-Policy. */
  readonly policy: 'quota' | 'route-quota';
  readonly requests: number;
  readonly used: number;
  /** Length of the period, seconds. */
  readonly windowSeconds: number;
  readonly endMs: number;
}

export interface QuotaDecision {
  readonly states: readonly QuotaState[];
  /** Null: none of them refuses it. */
  readonly refusedBy: QuotaState | null;
}

export class Quotas {
  readonly #table: QuotaTable;
  readonly #hash: (key: string) => BucketHash;
  readonly #periods = new Map<string, CalendarPeriod>();

  /** @param hash keyed, so that nobody can aim at a group of the table */
  constructor(table: QuotaTable, hash: (key: string) => BucketHash) {
    this.#table = table;
    this.#hash = hash;
  }

  /**
   * Takes a request's part of both quotas, or of none.
   *
   * @param ofAll null: none; so is `ofRoute`. @param wallMs since 1970
   */
  take(
    client: string,
    route: string,
    ofAll: QuotaSettings | null,
    ofRoute: QuotaSettings | null,
    wallMs: number,
  ): QuotaDecision {
    const states: QuotaState[] = [];
    let taken: { readonly hash: number; readonly id: QuotaId } | null = null;
    for (const [settings, policy] of [
      [ofAll, 'quota'],
      [ofRoute, 'route-quota'],
    ] as const) {
      if (settings === null) continue;
      const id = quotaId(client, policy === 'quota' ? null : route, settings.per);
      const hash = this.#hash(idText(id)).lo;
      const period = this.#periodOf(settings, wallMs);
      const isTaken = this.#table.take(hash, id, period, wallMs, settings.requests);
      const { used, endMs } = this.#table;
      const windowSeconds = Math.round((period.endMs - period.startMs) / 1000);
      const state: QuotaState = { policy, requests: settings.requests, used, windowSeconds, endMs };
      states.push(state);
      if (isTaken) {
        taken = { hash, id };
        continue;
      }
      if (taken !== null) this.#table.giveBack(taken.hash, taken.id);
      return { states, refusedBy: state };
    }
    return { states, refusedBy: null };
  }

  /** @param route null: the quota of all routes together */
  useOf(
    client: string,
    route: string | null,
    settings: QuotaSettings,
    wallMs: number,
  ): { readonly used: number; readonly endMs: number } {
    const id = quotaId(client, route, settings.per);
    const period = this.#periodOf(settings, wallMs);
    return this.#table.useOf(this.#hash(idText(id)).lo, id, period) ?? { used: 0, endMs: period.endMs };
  }

  #periodOf({ per, timezone }: QuotaSettings, wallMs: number): CalendarPeriod {
    const key = `${per} ${timezone}`;
    let period = this.#periods.get(key);
    if (period === undefined) {
      period = new CalendarPeriod(per, timezone);
      this.#periods.set(key, period);
    }
    period.moveTo(wallMs);
    return period;
  }
}

/**
 * The fields of the answer that tell about limits, with those of quotas in the same lists.
 *
 * @param limits name and value alternating, RateLimit-Policy first and RateLimit second; null: no rate limit applies
 */
export function withQuotaFields(
  limits: readonly string[] | null,
  states: readonly QuotaState[],
  wallMs: number,
): readonly string[] {
  const policy = states.map((each) => `"${each.policy}";q=${each.requests};w=${each.windowSeconds}`).join(', ');
  const rest = states
    .map(
      (each) =>
        `"${each.policy}";r=${Math.max(0, each.requests - each.used)};t=${Math.max(0, Math.ceil((each.endMs - wallMs) / 1000))}`,
    )
    .join(', ');
  return joinLimitFields(limits, ['ratelimit-policy', policy, 'ratelimit', rest]);
}
