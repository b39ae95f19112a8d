/**
 * The common form between the formats and our file: pools, rules in the order in which they are tried, and settings of
 * the gateway. Formats fill it; `finishOutline` makes our file of it.
 */
import { ImportFindings } from './findings.ts';
import type { Origin } from './origin.ts';
import { Part, plain } from './part.ts';
import type { Rule } from '../matching/rule.ts';

/** Room for so many of each in a gateway: src/config/check. */
const MAX_RULES = 4096;

export class GatewayOutline {
  readonly findings = new ImportFindings();
  /** `server`, `tls`, `timeouts` and so on: everything except pools and routes. */
  readonly root = new Part();
  readonly #pools = new Map<string, Part>();
  readonly #rules: Rule[] = [];

  get pools(): ReadonlyMap<string, Part> {
    return this.#pools;
  }

  get rules(): readonly Rule[] {
    return this.#rules;
  }

  /** The name under which the pool is found: `wanted`, with a number if another one has it. */
  addPool(wanted: string, pool: Part): string {
    const name = poolName(wanted);
    const content = JSON.stringify(plain(pool));
    for (let count = 1; ; count += 1) {
      const candidate = count === 1 ? name : `${name}-${count}`;
      const other = this.#pools.get(candidate);
      if (other === undefined) {
        this.#pools.set(candidate, pool);
        return candidate;
      }
      if (JSON.stringify(plain(other)) === content) return candidate;
    }
  }

  /** Rules are tried in this order. */
  addRule(rule: Rule): void {
    if (this.#rules.length < MAX_RULES) this.#rules.push(rule);
    else this.findings.refuse(rule.origin, `more than ${MAX_RULES} rules: there is no room for this one`);
  }
}

function poolName(wanted: string): string {
  const name = wanted
    .toLowerCase()
    .replaceAll(/[^a-z0-9_-]+/g, '-')
    .replaceAll(/^[-_]+|-+$/g, '')
    .slice(0, 50);
  return name === '' ? 'pool' : name;
}

/** What most balancers do not have unless asked: turned off, so that traffic is handled as before. */
export function keepAsBefore(root: Part, has: { readonly limits?: boolean; readonly checks?: boolean } = {}): void {
  const remark = (what: string): string => `as before; remove it for ${what}`;
  if (has.limits !== true) root.set(['rate_limit', 'enabled'], false, undefined, remark('a limit of each client'));
  if (has.checks !== true) root.set(['health_check', 'enabled'], false, undefined, remark('checks of GET /health'));
  root.set(['circuit_breaker', 'enabled'], false, undefined, remark('a circuit for each backend'));
  root.set(['slow_start', 'enabled'], false, undefined, remark('a slow start of new backends'));
}

/** Limits of routes only: no client has a general one. */
export function onlyRouteLimits(root: Part, origin: Origin | undefined): void {
  root.set(['rate_limit', 'default', 'capacity'], 1_000_000_000, origin, 'no general limit: routes have theirs');
  root.set(['rate_limit', 'default', 'rate_per_second'], 1_000_000, origin, 'no general limit: routes have theirs');
}
