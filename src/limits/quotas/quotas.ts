/** Quotas of clients in one traffic thread: of all routes together, and of a route. */
import type { BucketHash } from '../../identity/client-identity.ts';
import { CalendarPeriod } from './calendar-period.ts';
import type { ClientQuotas } from './client-quotas.ts';
import { QUOTA_PERIODS, type QuotaPeriod } from '../core/limits-vocabulary.ts';
import { idText, quotaId } from './quota-id.ts';
import { joinLimitFields } from '../rate-limit-fields.ts';
import type { QuotaId, QuotaTable } from './quota-table.ts';

export interface QuotaSettings {
  readonly requests: number;
  readonly per: QuotaPeriod;
  readonly timezone: string;
}

/** A quota of all routes together: the configuration's, or those of a client itself. As in RateLimit-Policy. */
type PolicyOfAll = 'quota' | 'quota-day' | 'quota-month';

export interface NamedQuota extends QuotaSettings {
  readonly policy: PolicyOfAll;
}

/** Of a client and one of its quotas, after a take. */
export interface QuotaState {
  readonly policy: PolicyOfAll | 'route-quota';
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
   * Takes a request's part of all of these quotas, or of none.
   *
   * @param ofAll see quotasOfAll() @param ofRoute null: none @param wallMs since 1970
   */
  take(
    client: string,
    route: string,
    ofAll: readonly NamedQuota[],
    ofRoute: QuotaSettings | null,
    wallMs: number,
  ): QuotaDecision {
    const states: QuotaState[] = [];
    const taken: { readonly hash: number; readonly id: QuotaId }[] = [];
    const all = ofRoute === null ? ofAll : [...ofAll, { ...ofRoute, policy: 'route-quota' as const }];
    for (const settings of all) {
      const { policy } = settings;
      const id = quotaId(client, policy === 'route-quota' ? route : null, settings.per);
      const hash = this.#hash(idText(id)).lo;
      const period = this.#periodOf(settings, wallMs);
      const isTaken = this.#table.take(hash, id, period, wallMs, settings.requests);
      const { used, endMs } = this.#table;
      const windowSeconds = Math.round((period.endMs - period.startMs) / 1000);
      const state: QuotaState = { policy, requests: settings.requests, used, windowSeconds, endMs };
      states.push(state);
      if (isTaken) {
        taken.push({ hash, id });
        continue;
      }
      for (const before of taken) this.#table.giveBack(before.hash, before.id);
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

const NONE: readonly NamedQuota[] = [];
/** Settings are the same objects for as long as a snapshot is current. */
const named = new WeakMap<QuotaSettings, readonly NamedQuota[]>();

/**
 * What applies to a client on all routes together: its own quotas, in the time zone of the configuration's quota (UTC if there
 * is none), otherwise that one.
 *
 * @param own undefined: none @param byDefault null: none
 */
export function quotasOfAll(own: ClientQuotas | undefined, byDefault: QuotaSettings | null): readonly NamedQuota[] {
  if (own !== undefined) {
    const timezone = byDefault?.timezone ?? 'UTC';
    return QUOTA_PERIODS.flatMap((per) => {
      const requests = own[per];
      return requests === null ? [] : [{ requests, per, timezone, policy: `quota-${per}` as const }];
    });
  }
  if (byDefault === null) return NONE;
  let list = named.get(byDefault);
  if (list === undefined) named.set(byDefault, (list = [{ ...byDefault, policy: 'quota' }]));
  return list;
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
