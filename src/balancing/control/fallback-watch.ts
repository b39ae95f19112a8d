/** Notices when a pool begins to give requests to its fallback, and when it takes them back. This is the round. */
import type { EventLog } from '../../events/event-log.ts';
import type { Severity } from '../../events/core/events-vocabulary.ts';
import type { Pool } from '../pool.ts';

type Sharing = 'whole' | 'shared' | 'away' | 'dead';

export interface FallbackWatchPorts {
  readonly events: Pick<EventLog, 'append'>;
  readonly nowMs: () => number;
}

export class FallbackWatch {
  readonly #ports: FallbackWatchPorts;
  /** By name of the pool. */
  readonly #before = new Map<string, Sharing>();

  constructor(ports: FallbackWatchPorts) {
    this.#ports = ports;
  }

  /** @param pools the current ones */
  round(pools: Iterable<Pool>): void {
    const seen = new Set<string>();
    for (const { settings, fallback } of pools) {
      if (fallback === null) continue;
      const { name } = settings;
      seen.add(name);
      const shares = fallback.shares(this.#ports.nowMs());
      const sharing = sharingOf(shares);
      const before = this.#before.get(name) ?? 'whole';
      this.#before.set(name, sharing);
      if (sharing === before) continue;
      const others = fallback.chain.filter((_, at) => at > 0 && shares[at]! > 0).map((pool) => pool.settings.name);
      const [severity, message] = MESSAGES[sharing](name, others.join(' and '));
      this.#ports.events.append({ kind: 'pool', severity, subject: name, message });
    }
    for (const name of this.#before.keys()) if (!seen.has(name)) this.#before.delete(name);
  }
}

const MESSAGES: Readonly<Record<Sharing, (pool: string, others: string) => readonly [Severity, string]>> = {
  whole: (pool) => ['info', `pool ${pool} takes all its requests again`],
  shared: (pool, others) => [
    'warn',
    `pool ${pool} gives a part of its requests to ${others}: too few of its backends are available`,
  ],
  away: (pool, others) => ['warn', `no backend of pool ${pool} is available: its requests go to ${others}`],
  dead: (pool) => ['error', `no backend of pool ${pool} and its fallback is available`],
};

function sharingOf([own, ...others]: readonly number[]): Sharing {
  if (own! >= 1) return 'whole';
  if (own! > 0) return 'shared';
  return others.some((share) => share > 0) ? 'away' : 'dead';
}
