/** Members from DNS: each address of a name, or each SRV record of a service. */
import { isIPv6 } from 'node:net';
import { BOTH_FAMILIES, LookupError, type CreateLookup } from '../../../addresses/control/name-lookup.ts';
import type { ServiceRecord } from '../../../addresses/control/service-lookup.ts';
import type { DiscoverSettings } from '../../../config/settings.ts';
import type { Member } from '../../core/member.ts';
import type { Source, SourcePorts } from '../source.ts';
import { createPolledSource, type PolledList } from './polled-source.ts';

export interface DnsLookups {
  readonly lookupOf: CreateLookup;
  /** Rejects with a LookupError. */
  readonly lookUpService: (name: string) => Promise<readonly ServiceRecord[]>;
  /** Within `dns.min_ttl` and `dns.max_ttl`. */
  readonly clampTtlMs: (ttlMs: number) => number;
}

export type DnsDiscoverSettings = NonNullable<DiscoverSettings['dns']>;

/** That a name does not exist has a TTL, too, which Node does not give. */
const NEGATIVE_TTL_MS = 5000;
const MAX_WEIGHT = 1000;

export function createDnsSource(settings: DnsDiscoverSettings, lookups: DnsLookups, ports: SourcePorts): Source {
  const ask = settings.type === 'srv' ? askService(settings, lookups) : askAddresses(settings, lookups);
  // DNS cannot tell "there are none" from "something is broken": RFC 8767, section 1, on stale data.
  return createPolledSource(false, ask, ports);
}

function askAddresses(
  { name, port, family }: DnsDiscoverSettings,
  { lookupOf, clampTtlMs }: DnsLookups,
): () => Promise<PolledList> {
  const lookup = lookupOf(name, family === 'any' ? BOTH_FAMILIES : [family]);
  let known: readonly string[] = [];
  return async () => {
    try {
      const { addresses, ttlMs, unknownFamily } = await lookup();
      // Of one kind of addresses, nothing was learnt: those of the last answer remain.
      const kept = known.filter((address) => unknownFamily === (isIPv6(address) ? 6 : 4));
      known = [...new Set([...addresses, ...kept])];
      return listOf(
        known.map((address) => member(address, port!)),
        clampTtlMs(ttlMs),
      );
    } catch (error) {
      known = emptyIfNegative(error);
      return listOf([], clampTtlMs(NEGATIVE_TTL_MS));
    }
  };
}

function askService(
  { name, refreshMs }: DnsDiscoverSettings,
  { lookUpService }: DnsLookups,
): () => Promise<PolledList> {
  return async () => {
    try {
      return listOf(serviceMembers(await lookUpService(name)), refreshMs);
    } catch (error) {
      return listOf(emptyIfNegative(error), refreshMs);
    }
  };
}

/**
 * RFC 2782: records of the lowest priority are used, the others when none of these can be; a weight of 0 is a small
 * one. Targets remain names: they are resolved like those of `url`, and certificates are checked against them.
 */
export function serviceMembers(records: readonly ServiceRecord[]): readonly Member[] {
  const usable = records.filter(({ name, port }) => !['', '.'].includes(name) && port > 0);
  const best = Math.min(...usable.map(({ priority }) => priority));
  const scale = Math.max(1, ...usable.map(({ weight }) => weight / MAX_WEIGHT));
  // A target may occur again with a worse priority.
  const byTarget = new Map<string, Member>();
  for (const { name, port, priority, weight } of usable.toSorted((one, other) => one.priority - other.priority)) {
    const address = name.replace(/\.$/, '').toLowerCase();
    const key = `${address} ${port}`;
    if (byTarget.has(key)) continue;
    byTarget.set(key, {
      ...member(address, port),
      weight: Math.max(1, Math.round(weight / scale)),
      backup: priority > best,
    });
  }
  return [...byTarget.values()];
}

function member(address: string, port: number): Member {
  return { address, port, weight: 1, backup: false, draining: false, region: null, zone: null, uid: null };
}

function listOf(members: readonly Member[], nextMs: number): PolledList {
  return { members, refused: [], nextMs };
}

/** @returns no members, if the name or its records do not exist; throws if that is not known. */
function emptyIfNegative(error: unknown): readonly never[] {
  if (error instanceof LookupError && error.isNegative) return [];
  throw error;
}
