/** What servers and locations share: upstreams, zones, maps. */
import type { GatewayOutline } from '../outline/gateway-outline.ts';
import type { Origin } from '../outline/origin.ts';
import type { NginxDirective } from './nginx-syntax.ts';
import type { NginxUpstream } from './nginx-upstreams.ts';

export interface LimitZone {
  /** As written: `$binary_remote_addr`. */
  readonly key: string;
  /** Per second; null: a zone for connections. */
  readonly rate: number | null;
  readonly origin: Origin;
}

export interface NginxMap {
  /** Variable without its dollar sign. */
  readonly source: string;
  readonly entries: readonly (readonly [key: string, value: string])[];
  readonly fallback: string;
  readonly origin: Origin;
}

export interface NginxSplit {
  readonly source: string;
  /** Shares of 10,000. */
  readonly parts: readonly (readonly [share: number, value: string])[];
  readonly origin: Origin;
}

export interface NginxWorld {
  readonly outline: GatewayOutline;
  readonly upstreams: ReadonlyMap<string, NginxUpstream>;
  readonly zones: ReadonlyMap<string, LimitZone>;
  readonly maps: ReadonlyMap<string, NginxMap>;
  readonly splits: ReadonlyMap<string, NginxSplit>;
  /** `geo` and other variables that depend on what no route can demand. */
  readonly unknowable: ReadonlySet<string>;
}

type Shared = Pick<NginxWorld, 'zones' | 'maps' | 'splits' | 'unknowable'>;

export function readShared(http: readonly NginxDirective[], outline: GatewayOutline): Shared {
  const zones = new Map<string, LimitZone>();
  const maps = new Map<string, NginxMap>();
  const splits = new Map<string, NginxSplit>();
  const unknowable = new Set<string>();
  for (const each of http) {
    const [first = '', second = ''] = each.args;
    if (each.name === 'limit_req_zone' || each.name === 'limit_conn_zone') {
      const name = each.args.map((arg) => /^zone=([^:]+)/.exec(arg)?.[1]).find((found) => found !== undefined);
      const [, count, unit] =
        /^rate=(\d+)r\/([sm])$/.exec(each.args.find((arg) => arg.startsWith('rate=')) ?? '') ?? [];
      const rate = count === undefined ? null : Number(count) / (unit === 'm' ? 60 : 1);
      if (name === undefined || (rate === null && each.name === 'limit_req_zone'))
        outline.findings.refuse(each, 'needs zone=NAME:SIZE, and a rate such as rate=10r/s');
      else zones.set(name, { key: first, rate, origin: each });
    } else if (each.name === 'map') {
      const block = each.block ?? [];
      maps.set(second.replace('$', ''), {
        source: first.replace('$', ''),
        entries: block.filter(({ name }) => !['default', 'hostnames', 'volatile'].includes(name)).map(entryOf),
        fallback: block.find(({ name }) => name === 'default')?.args[0] ?? '',
        origin: each,
      });
    } else if (each.name === 'split_clients') {
      const parts = (each.block ?? []).map(entryOf);
      const named = parts.reduce((sum, [share]) => sum + (share === '*' ? 0 : hundredths(share)), 0);
      splits.set(second.replace('$', ''), {
        source: first,
        parts: parts.map(([share, value]) => [share === '*' ? Math.max(0, 10_000 - named) : hundredths(share), value]),
        origin: each,
      });
    } else if (each.name === 'geo') unknowable.add((each.args.at(-1) ?? '').replace('$', ''));
  }
  return { zones, maps, splits, unknowable };
}

function entryOf({ name, args }: NginxDirective): readonly [string, string] {
  return [name, args[0] ?? ''];
}

function hundredths(share: string): number {
  return Math.round(Number.parseFloat(share) * 100) || 0;
}
