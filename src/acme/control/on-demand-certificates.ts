/**
 * Certificates that are ordered because a client asks for a name. Anyone can ask for any name, so each step is bounded:
 * the names at a time, the questions to the operator's service, the orders, and the certificates in total. They are
 * renewed while they are used, if the service still agrees.
 */
import { setTimeout as wait } from 'node:timers/promises';
import type { CertificateLogPorts } from '../../certificates/control/certificate-log.ts';
import { Occasionally } from '../../core/occasionally.ts';
import { GatewayError } from '../../errors.ts';
import { takeTokens } from '../../limits/core/token-bucket.ts';
import { DecisionCache } from '../../core/decision-cache.ts';
import { isOnDemandName } from '../on-demand.ts';
import type { OnDemandOrders } from '../wanted-certificate.ts';
import { askUrl } from './ask-url.ts';
import type { KeptCertificate } from './kept-certificate.ts';

export interface OnDemandPorts extends CertificateLogPorts {
  /** Milliseconds since the epoch. */
  readonly wallMs: () => number;
  /** Those on demand that are stored. */
  readonly all: () => readonly KeptCertificate[];
  readonly find: (host: string) => KeptCertificate | undefined;
  /** Stores that a client asks for it. Undefined: it is not on demand any more. */
  readonly add: (host: string) => Promise<KeptCertificate | undefined>;
  /** Unless a client has asked any gateway for it in so many seconds. */
  readonly remove: (kept: KeptCertificate, unusedSeconds: number) => Promise<void>;
  /** Begins with what is due of it, and resolves when that has ended. Undefined: not now. */
  readonly order: (kept: KeptCertificate) => Promise<void> | undefined;
}

/** What became of names that clients asked for, since start. */
export interface OnDemandTotals {
  /** There is a certificate. */
  servedTotal: number;
  /** The service does not agree. */
  refusedTotal: number;
  /** One of the limits. */
  limitedTotal: number;
  /** The service or the authority failed, or took too long. */
  failedTotal: number;
  /** Questions to the service, by its answer. */
  readonly asks: Record<AskResult, number>;
}

type AskResult = 'yes' | 'no' | 'failed';
type Decision = AskResult | 'limited';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const MAX_DECISIONS = 10_000;
/** How long a thread is not to ask again for a name, if nothing better is known. */
const SHORT_MS = 1000;
/** A service that does not answer may be back soon. */
const FAILED_CACHE_MS = 10_000;
/** How often to look for a free slot, or for what another gateway has done. */
const LOOK_MS = 200;
/** A name that could not be ordered is forgotten if nobody asks for it so long. */
const FORGET_MS = DAY_MS;
/** After it was not allowed to renew a certificate, the next question. */
const ASK_AGAIN_MS = 3_600_000;

export class OnDemandCertificates {
  readonly totals: OnDemandTotals = {
    servedTotal: 0,
    refusedTotal: 0,
    limitedTotal: 0,
    failedTotal: 0,
    asks: { yes: 0, no: 0, failed: 0 },
  };
  readonly #ports: OnDemandPorts;
  #orders: OnDemandOrders | null = null;
  readonly #stopping = new AbortController();
  readonly #running = new Map<string, Promise<number>>();
  readonly #decisions = new DecisionCache<Decision>(MAX_DECISIONS);
  readonly #notices = new Occasionally(MINUTE_MS);
  readonly #removals = new Occasionally(MINUTE_MS);
  /** Names that were admitted, and may not be stored yet. */
  readonly #admitted = new Set<string>();
  /** Theoretical arrival time of the bucket for questions. */
  #tatMs = 0;

  constructor(ports: OnDemandPorts) {
    this.#ports = ports;
  }

  /** Null: none is ordered, and those that are stored are not served. */
  get orders(): OnDemandOrders | null {
    return this.#orders;
  }

  use(orders: OnDemandOrders | null): void {
    if (orders?.ask !== this.#orders?.ask) this.#decisions.clear();
    this.#orders = orders;
  }

  /** It was removed, by an operator maybe: the next client needs a new decision. */
  removed(host: string): void {
    this.#decisions.delete(host);
  }

  /**
   * Once for all threads. Resolves with how long they need not ask for it again, milliseconds; 0: they serve it.
   * @param host canonical
   */
  want(host: string): Promise<number> {
    const orders = this.#orders;
    if (orders === null || !isOnDemandName(host, orders.hosts)) return Promise.resolve(MINUTE_MS);
    const running = this.#running.get(host);
    if (running !== undefined) return running;
    if (this.#running.size >= orders.maxPending) return Promise.resolve(this.#limited('max_pending', SHORT_MS));
    const run = this.#run(host, orders)
      .catch((error: unknown) => this.#failed(host, error as Error))
      .finally(() => {
        this.#running.delete(host);
        this.#admitted.delete(host);
      });
    this.#running.set(host, run);
    return run;
  }

  #failed(host: string, error: Error): number {
    this.totals.failedTotal += 1;
    // That has been logged.
    const isKnown = error instanceof GatewayError && error.code === 'GW_DATABASE_UNAVAILABLE';
    if (!isKnown && !this.#stopping.signal.aborted) {
      this.#ports.log.warn({ certificate: host, problem: error.message }, 'certificate cannot be ordered on demand');
    }
    return FAILED_CACHE_MS;
  }

  async #run(host: string, orders: OnDemandOrders): Promise<number> {
    const untilMs = this.#ports.wallMs() + orders.waitMs;
    let kept = this.#ports.find(host);
    if (kept !== undefined && kept.pair !== null) return this.#served();
    const limit = this.#limitFor(host, orders);
    if (limit !== null) return this.#limited(limit, MINUTE_MS);
    this.#admitted.add(host);
    const decision = await this.#decide(host, orders);
    if (decision === 'limited') return this.#limited('asks_per_second', SHORT_MS);
    if (decision !== 'yes') {
      if (decision === 'no') this.totals.refusedTotal += 1;
      else this.totals.failedTotal += 1;
      return decision === 'no' ? orders.askCacheMs : Math.min(orders.askCacheMs, FAILED_CACHE_MS);
    }
    kept = await this.#ports.add(host);
    if (kept === undefined) return SHORT_MS;
    return this.#await(kept, untilMs);
  }

  /** Until there is a certificate, an attempt failed, or it took too long; the order continues then. */
  async #await(kept: KeptCertificate, untilMs: number): Promise<number> {
    const { order, wallMs } = this.#ports;
    const { signal } = this.#stopping;
    const { failures } = kept;
    kept.mayOrder = true;
    try {
      for (;;) {
        if (kept.pair !== null) return this.#served();
        const waitMs = kept.nextAttemptMs() - wallMs();
        if (kept.failures > failures || waitMs > 0) {
          this.totals.failedTotal += 1;
          return Math.min(Math.max(waitMs, SHORT_MS), MINUTE_MS);
        }
        const leftMs = untilMs - wallMs();
        if (leftMs <= 0) {
          this.totals.failedTotal += 1;
          return SHORT_MS;
        }
        const run = order(kept);
        const pause = wait(run === undefined ? Math.min(leftMs, LOOK_MS) : leftMs, undefined, { signal, ref: false });
        await (run === undefined ? pause : Promise.race([run, pause]));
      }
    } finally {
      kept.mayOrder = false;
    }
  }

  #served(): number {
    this.totals.servedTotal += 1;
    return 0;
  }

  /** Null: there is room for one more. */
  #limitFor(host: string, { maxCertificates, ordersPerHour }: OnDemandOrders): string | null {
    const all = this.#ports.all();
    const isStored = new Set(all.map((kept) => kept.host));
    const isNew = !isStored.has(host);
    const coming = [...this.#admitted].filter((each) => !isStored.has(each)).length;
    if (isNew && all.length + coming >= maxCertificates) return 'max_certificates';
    const attempts = all.reduce((sum, kept) => sum + (this.#admitted.has(kept.host) ? 0 : kept.recentAttempts), 0);
    return attempts + this.#admitted.size >= ordersPerHour ? 'orders_per_hour' : null;
  }

  #limited(limit: string, refusedForMs: number): number {
    this.totals.limitedTotal += 1;
    if (this.#notices.isDue(limit, this.#ports.wallMs())) {
      this.#ports.log.warn({ limit }, 'names without a certificate are refused by a limit');
      this.#ports.onEvent?.('warn', limit, `names without a certificate are refused: on_demand.${limit} is reached`);
    }
    return refusedForMs;
  }

  /** Asks the operator's service, unless its answer is known. */
  async #decide(host: string, orders: OnDemandOrders): Promise<Decision> {
    const { wallMs } = this.#ports;
    const known = this.#decisions.get(host, wallMs());
    if (known !== undefined) return known;
    const tatMs = takeTokens(this.#tatMs, 1, orders.asksPerSecond, orders.asksPerSecond, performance.now());
    if (tatMs < 0) return 'limited';
    this.#tatMs = tatMs;
    const { signal } = this.#stopping;
    const answer = await askUrl(orders.ask, host, { timeoutMs: orders.askTimeoutMs, signal });
    const decision = decisionOf(answer);
    if (!signal.aborted) this.totals.asks[decision] += 1;
    const forMs = decision === 'failed' ? Math.min(orders.askCacheMs, FAILED_CACHE_MS) : orders.askCacheMs;
    this.#decisions.set(host, decision, wallMs() + forMs);
    if (decision === 'failed' && !signal.aborted && this.#notices.isDue('ask', wallMs())) {
      const problem = 'problem' in answer ? answer.problem : `its status was ${answer.status}`;
      this.#ports.log.error({ problem }, 'the ask URL does not answer, so no certificates are ordered on demand');
      this.#ports.onEvent?.('error', 'ask', `the ask URL does not answer (${problem}): unknown names are refused`);
    }
    return decision;
  }

  /** One check of one certificate: renewal while it is used, removal afterwards. */
  consider(kept: KeptCertificate): void {
    const orders = this.#orders;
    if (orders === null || kept.isBusy || this.#running.has(kept.host)) return;
    const nowMs = this.#ports.wallMs();
    const isUsed = nowMs - kept.usedAtMs < (kept.pair === null ? FORGET_MS : orders.keepUnusedDays * DAY_MS);
    if (!isUsed && (kept.pair === null || kept.isExpired)) {
      this.#forget(kept, orders);
      return;
    }
    // That an unused one expires is nothing to report.
    if (isUsed) kept.look();
    // Without a certificate, it is ordered when a client asks for it.
    if (kept.pair === null && !kept.isRenewalRequested) return;
    if (kept.isRenewalDue() && (isUsed || kept.isRenewalRequested)) {
      // Not waited for.
      void this.#renew(kept, orders);
    } else if (isUsed && !kept.isRenewalDue()) {
      // Its authority may be asked when to renew it.
      void this.#ports.order(kept);
    }
  }

  async #renew(kept: KeptCertificate, orders: OnDemandOrders): Promise<void> {
    if (kept.isPaused()) return;
    const renewal = this.#mayRenew(kept, orders).finally(() => this.#running.delete(kept.host));
    // A client that asks for it meanwhile needs no order of its own.
    this.#running.set(kept.host, renewal);
    await renewal;
  }

  async #mayRenew(kept: KeptCertificate, orders: OnDemandOrders): Promise<number> {
    const decision = await this.#decide(kept.host, orders);
    if (decision === 'yes') {
      kept.mayOrder = true;
      await this.#ports.order(kept);
      kept.mayOrder = false;
    } else {
      kept.pause(decision === 'no' ? ASK_AGAIN_MS : FAILED_CACHE_MS);
    }
    return kept.pair === null ? SHORT_MS : 0;
  }

  #forget(kept: KeptCertificate, { keepUnusedDays }: OnDemandOrders): void {
    // Another gateway may know of a client: then nothing is removed.
    if (!this.#removals.isDue(kept.host, this.#ports.wallMs())) return;
    const unusedMs = kept.pair === null ? FORGET_MS : keepUnusedDays * DAY_MS;
    // That the database is away has been logged.
    this.#ports.remove(kept, unusedMs / 1000).catch(() => {});
  }

  stop(): void {
    this.#stopping.abort();
  }
}

/** A service that fails says neither yes nor no; it counts as no, but for a shorter time. */
function decisionOf(answer: Awaited<ReturnType<typeof askUrl>>): AskResult {
  if ('problem' in answer || answer.status >= 500) return 'failed';
  return answer.status >= 200 && answer.status < 300 ? 'yes' : 'no';
}
