/** What the policies of a route would do with a request, in their order, and where it would go. */
import type { Pool } from '../../balancing/pool.ts';
import type { FieldValues } from '../../http/fields/field-values.ts';
import { isPreflight } from '../../http/preflight.ts';
import type { CacheUse } from '../../policies/core/policies-vocabulary.ts';
import type { LiveRoute, LiveSnapshot } from '../../routing/live-snapshot.ts';
import { routeError } from '../../routing/route-fault.ts';
import { choosePool } from '../../routing/use-pool.ts';
import type {
  ExplainedInFlight,
  ExplainedLimit,
  ExplainedQuota,
  ThreadExplanation,
} from '../core/thread-explanation.ts';
import { inFlightLimits, keyedLimit, quotas } from './foresee-limits.ts';
import type { GivenExchange } from './given-request.ts';
import type { StepList } from './step-list.ts';
import type { ThreadExplainerPorts } from './foresight-ports.ts';

type Foresight = Omit<ThreadExplanation, 'bucket' | 'admission' | 'geo' | 'cost' | 'steps'>;

const CACHE_TEXTS: Readonly<Record<CacheUse, string>> = {
  hit: 'a stored answer is fresh',
  stale: 'a stored answer may be used although it is stale',
  check: 'a stored answer has to be confirmed by a backend',
  miss: 'no answer is stored for it',
  refused: 'no answer is stored, and the client wants none of a backend',
  bypass: 'the cache leaves such requests alone',
};

export class RouteForesight {
  readonly #exchange: GivenExchange;
  readonly #route: LiveRoute;
  readonly #snapshot: LiveSnapshot;
  readonly #ports: ThreadExplainerPorts;
  readonly #list: StepList;
  #limit: ExplainedLimit | null = null;
  #quotas: readonly ExplainedQuota[] = [];
  #inFlight: readonly ExplainedInFlight[] = [];
  #location: string | null = null;

  constructor(
    exchange: GivenExchange,
    route: LiveRoute,
    snapshot: LiveSnapshot,
    ports: ThreadExplainerPorts,
    list: StepList,
  ) {
    this.#exchange = exchange;
    this.#route = route;
    this.#snapshot = snapshot;
    this.#ports = ports;
    this.#list = list;
  }

  async run(): Promise<Foresight> {
    // After the first of these that answers, nothing can be said about the rest.
    const isOver = this.#cors() || (await this.#auth());
    if (!isOver) {
      this.#shedding();
      if (this.#exchange.isLimited) this.#laterLimits();
      this.#plugins();
      if (!this.#answer() && !this.#rewrite()) this.#forward();
    }
    const { pool, rewrittenTarget: target } = this.#exchange;
    return {
      limits: this.#limit === null ? [] : [this.#limit],
      quotas: this.#quotas,
      inFlight: this.#inFlight,
      pool: pool?.settings.name ?? null,
      target,
      location: this.#location,
    };
  }

  /** True: it is answered; so are the others. */
  #cors(): boolean {
    const { pages } = this.#route;
    const request = this.#exchange.response.req;
    if (pages === null || !isPreflight(request)) return false;
    const { origin = '' } = request.headers;
    if (pages.allows(origin))
      this.#list.answers('cors', `the preflight is answered: pages of ${origin} are allowed`, 204);
    else this.#list.refuses('cors', `pages of ${origin} are not allowed`, 'GW_ORIGIN_REFUSED');
    return true;
  }

  async #auth(): Promise<boolean> {
    const { auth } = this.#route;
    if (auth === null) return false;
    const exchange = this.#exchange;
    const { kind, verdict, note } = await this.#ports.guards.of(auth).foresee(exchange);
    const text = kind === null ? note : `${kind}: ${note}`;
    if (verdict === null) {
      this.#list.unknown('auth', text);
      return false;
    }
    if (verdict.failure !== null) {
      this.#list.refuses('auth', text, verdict.error);
      return true;
    }
    this.#list.passes('auth', text);
    exchange.verified = verdict.caller;
    exchange.claims = verdict.claims;
    if (exchange.client === '') exchange.client = verdict.client;
    return false;
  }

  #shedding(): void {
    const { shedder, nowMs } = this.#ports;
    if (shedder === null) return;
    const { priority } = this.#route;
    const level = shedder.levelOf(this.#targets(), nowMs());
    const text = `priority ${priority}, and the gateway sheds at level ${Math.round(level * 10) / 10}`;
    if (priority < Math.floor(level)) this.#list.refuses('shedding', text, 'GW_OVERLOADED');
    else if (priority < level) this.#list.unknown('shedding', `${text}: a part of these is refused`);
    else this.#list.passes('shedding', text);
  }

  #laterLimits(): void {
    const { rateLimit } = this.#snapshot;
    const [exchange, route, ports, list] = [this.#exchange, this.#route, this.#ports, this.#list];
    const refuse = (
      step: 'in_flight' | 'key_limit' | 'quota',
      isOver: boolean,
      [text, isDry]: readonly [string, boolean],
      code: 'GW_TOO_MANY_IN_FLIGHT' | 'GW_RATE_LIMITED' | 'GW_QUOTA_EXCEEDED',
    ): void => {
      if (isOver && isDry) list.passes(step, `${text}, which would refuse it, but this is a dry run`);
      else if (isOver) list.refuses(step, text, code);
      else list.passes(step, text);
    };
    this.#inFlight = inFlightLimits(exchange, route, rateLimit, ports);
    if (this.#inFlight.length > 0) {
      const full = this.#inFlight.find(({ wouldRefuse }) => wouldRefuse);
      const shown = full === undefined ? this.#inFlight : [full];
      const text = shown.map(({ limit, running, most }) => `${limit}: ${running} of ${most} run`).join(', ');
      refuse('in_flight', full !== undefined, [text, rateLimit.dryRun], 'GW_TOO_MANY_IN_FLIGHT');
    }
    const keyed = keyedLimit(exchange, route, rateLimit, ports);
    this.#limit = keyed;
    if (keyed !== null) {
      const text = `${Math.floor(keyed.tokens)} of ${keyed.capacity} tokens left for ${keyed.key}`;
      refuse('key_limit', keyed.wouldRefuse, [text, keyed.isDry], 'GW_RATE_LIMITED');
    }
    this.#quotas = quotas(exchange, route, rateLimit, ports);
    if (this.#quotas.length > 0) {
      const over = this.#quotas.find(({ wouldRefuse }) => wouldRefuse);
      const shown = over === undefined ? this.#quotas : [over];
      const text = shown
        .map(({ quota, used, requests, per }) => `${quota}: ${used} of ${requests} per ${per} are used`)
        .join(', ');
      refuse('quota', over !== undefined, [text, rateLimit.dryRun], 'GW_QUOTA_EXCEEDED');
    }
  }

  #plugins(): void {
    for (const { name, effect, isSkipped } of this.#route.userPlugins?.foresee() ?? []) {
      if (effect === 'watches') this.#list.passes('plugin', `${name} sees the answer only`);
      else if (effect === 'answers') this.#list.unknown('plugin', `${name} may answer: only its code knows`);
      else if (isSkipped) this.#list.passes('plugin', `${name} could not be loaded, and is skipped`);
      else this.#list.refuses('plugin', `${name} could not be loaded`, 'GW_PLUGIN_FAILED');
    }
  }

  #answer(): boolean {
    const { answer } = this.#route;
    if (answer === null) return false;
    const given = answer.answerTo(this.#exchange);
    if ('code' in given) {
      const error = routeError(given);
      this.#list.refuses('answer', error.message, error);
      return true;
    }
    const { location } = given.fields;
    this.#location = location === undefined ? null : String(location);
    const text = this.#location === null ? 'the route has an answer of its own' : `redirected to ${this.#location}`;
    this.#list.answers('answer', text, given.status);
    return true;
  }

  #rewrite(): boolean {
    const { targetRewrite, pools, strippedPrefix } = this.#route;
    if (targetRewrite === null) {
      if (strippedPrefix !== '') this.#list.passes('rewrite', `backends get it without ${strippedPrefix}`);
      return false;
    }
    const rewritten = targetRewrite.rewrittenFor(this.#exchange, () =>
      pools.flatMap(({ backends }) => backends.map(({ basePath }) => basePath)),
    );
    if (typeof rewritten !== 'string') {
      const error = routeError(rewritten);
      this.#list.refuses('rewrite', error.message, error);
      return true;
    }
    this.#exchange.rewrittenTarget = rewritten;
    this.#list.passes('rewrite', `backends get ${rewritten}`);
    return false;
  }

  #forward(): void {
    const exchange = this.#exchange;
    const { split, target, cache } = this.#route;
    const { headers } = exchange.response.req;
    if (target !== null) this.#choose(target);
    if (split !== null) {
      const { client, clientAddress, startMs } = exchange;
      const { share, reason } = split.reasonFor({
        headers: headers as FieldValues,
        client: client === '' ? clientAddress : client.slice(client.indexOf(':') + 1),
        nowMs: startMs,
        wallS: this.#ports.clock.wallMs(startMs) / 1000,
      });
      const where = share === null ? 'the pool is chosen' : `it goes to the pool ${share.pool.settings.name},`;
      this.#list.passes('split', `${where} ${reason}`);
      if (share !== null) this.#choose(share.pool);
    }
    if (cache !== null) this.#cache();
    this.#backends();
  }

  #choose(pool: Pool): void {
    const exchange = this.#exchange;
    choosePool(pool, exchange.response.req.headers, exchange, this.#ports.clock);
    const { fallback } = pool;
    if (fallback === null) return;
    const parts = fallback
      .shares(exchange.startMs)
      .map((share, at) => `${fallback.chain[at]!.settings.name} ${Math.round(share * 100)} %`);
    const to = exchange.pool === pool ? 'stays with its pool' : `goes to ${exchange.pool!.settings.name}`;
    this.#list.passes('fallback', `it ${to}; by what is available: ${parts.join(', ')}`);
  }

  #cache(): void {
    const route = this.#route;
    const { use, status } = this.#ports.caches.of(route, () => route.settings).foresee(this.#exchange);
    const text = CACHE_TEXTS[use];
    if (use === 'refused') this.#list.refuses('cache', text, 'GW_NOT_CACHED');
    else if (use === 'hit' || use === 'stale') this.#list.answers('cache', text, status);
    else this.#list.passes('cache', text);
  }

  #backends(): void {
    const nowMs = this.#ports.nowMs();
    const pools = this.#targets();
    const text = pools
      .map((pool) => {
        const { settings, backends } = pool;
        return `${pool.available(nowMs).length} of ${backends.length} backends of ${settings.name} are available`;
      })
      .join(', ');
    const isNone = pools.every((pool) => !pool.settings.panic && pool.available(nowMs).length === 0);
    if (isNone) this.#list.refuses('backends', text, 'GW_NO_BACKEND');
    else this.#list.answers('backends', text, null);
  }

  #targets(): readonly Pool[] {
    const { target, split } = this.#route;
    const { pool } = this.#exchange;
    if (pool !== null) return [pool];
    return target === null ? (split?.shares.map((share) => share.pool) ?? []) : [target];
  }
}
