/**
 * Resolves a host name: the hosts file, then DNS, then whatever else the system knows (mDNS, NIS). Names do not wait
 * for each other: only the last way blocks a thread of the process, so there they are looked up one at a time.
 */
import { isIPv6 } from 'node:net';
import { KeyedQueue } from '../../core/keyed-queue.ts';
import { findInHosts, type Hosts } from './hosts-file.ts';
import { candidateNames, type SearchRules } from './resolv-conf.ts';

export interface Found {
  readonly addresses: readonly string[];
  readonly ttlMs: number;
  /** No answer came about addresses of this kind: the known ones still count. */
  readonly unknownFamily: Family | null;
}

export type Family = 4 | 6;
/** Rejects with {@link LookupError}. */
export type Lookup = () => Promise<Found>;

export const BOTH_FAMILIES: readonly Family[] = [4, 6];

export class LookupError extends Error {
  /** There is no such name, or it has no address; otherwise it could not be looked up. */
  readonly isNegative: boolean;

  constructor(message: string, isNegative: boolean) {
    super(message);
    this.isNegative = isNegative;
  }
}

export interface LookupPorts {
  readonly hosts: () => Hosts;
  readonly rules: () => SearchRules;
  /** One question to a DNS server; rejects with an error that has a `code` of node:dns. TTL in seconds. */
  readonly query: (
    name: string,
    family: Family,
  ) => Promise<readonly { readonly address: string; readonly ttl: number }[]>;
  /** getaddrinfo: blocks one of the two threads that the process has for it. Null: not used. */
  readonly system: () => ((name: string) => Promise<readonly string[]>) | null;
  readonly delay: (ms: number) => Promise<void>;
  readonly nowMs: () => number;
}

/** How long an answer without a TTL is valid. */
const WITHOUT_TTL_MS = 5000;
/** Longest wait for the other family once one has answered. */
const OTHER_FAMILY_MS = 500;
/** A name that takes the system longer delays others, and is not asked again for a while. */
const SLOW_MS = 2000;
const REST_MS = 60_000;

/**
 * The lookup of one name, which remembers where the name was found.
 * @param families kinds of addresses that are wanted; default: both
 */
export type CreateLookup = (host: string, families?: readonly Family[]) => Lookup;

export function createLookups(ports: LookupPorts): CreateLookup {
  const queue = new KeyedQueue();
  return (host, families = BOTH_FAMILIES) => {
    const name = host.replace(/\.$/, '').toLowerCase();
    const wanted = (addresses: readonly string[]): readonly string[] =>
      addresses.filter((address) => families.includes(isIPv6(address) ? 6 : 4));
    let foundBy: 'dns' | 'system' | null = null;
    let restUntilMs = -Infinity;

    const bySystem = async (): Promise<Found> => {
      const { nowMs } = ports;
      const system = ports.system();
      if (system === null || nowMs() < restUntilMs) throw new LookupError('the system does not answer', false);
      return queue.run('system', async () => {
        const startedMs = nowMs();
        try {
          const addresses = wanted(await system(name));
          foundBy = 'system';
          return { addresses, ttlMs: WITHOUT_TTL_MS, unknownFamily: null };
        } catch (error) {
          throw lookupError(error);
        } finally {
          if (nowMs() - startedMs > SLOW_MS) restUntilMs = nowMs() + REST_MS;
        }
      });
    };

    const byDns = async (): Promise<Found> => {
      const found = await askDns(host.toLowerCase(), families, ports);
      foundBy = 'dns';
      return found;
    };

    return async () => {
      const listed = findInHosts(ports.hosts(), name);
      if (listed !== undefined) return { addresses: wanted(listed), ttlMs: WITHOUT_TTL_MS, unknownFamily: null };
      if (foundBy === 'system') {
        return Promise.any([byDns(), bySystem()]).catch((error: AggregateError) => {
          throw error.errors[0] as LookupError;
        });
      }
      return byDns().catch((error: LookupError) => {
        const mayAskSystem = ports.system() !== null && (error.isNegative || foundBy === null);
        if (!mayAskSystem) throw error;
        return bySystem().catch(() => {
          throw error;
        });
      });
    };
  };
}

/** The first existing candidate; one that cannot be resolved either way ends the search. */
async function askDns(host: string, families: readonly Family[], ports: LookupPorts): Promise<Found> {
  for (const name of candidateNames(host, ports.rules())) {
    const found = await askFamilies(name, families, ports);
    if (found !== null) return found;
  }
  throw new LookupError(NOT_FOUND, true);
}

type Answer =
  | { readonly kind: 'found'; readonly records: readonly { readonly address: string; readonly ttl: number }[] }
  | { readonly kind: 'failed'; readonly error: LookupError };

/** Null: the name does not exist. */
async function askFamilies(
  name: string,
  families: readonly Family[],
  { query, delay }: LookupPorts,
): Promise<Found | null> {
  const answers: (Answer | null)[] = families.map(() => null);
  const asked = families.map(async (family, at) => {
    answers[at] = await query(name, family).then(
      (records): Answer => ({ kind: 'found', records }),
      (error: unknown): Answer => {
        const failure = lookupError(error);
        return failure.isNegative ? { kind: 'found', records: [] } : { kind: 'failed', error: failure };
      },
    );
  });
  await Promise.race(asked);
  const hasAddresses = (answer: Answer | null): boolean => answer?.kind === 'found' && answer.records.length > 0;
  await (answers.some(hasAddresses) ? Promise.race([Promise.all(asked), delay(OTHER_FAMILY_MS)]) : Promise.all(asked));

  const records = answers.flatMap((answer) => (answer?.kind === 'found' ? answer.records : []));
  if (records.length === 0) {
    for (const answer of answers) if (answer?.kind === 'failed') throw answer.error;
    return null;
  }
  return {
    addresses: records.map(({ address }) => address),
    ttlMs: Math.min(...records.map(({ ttl }) => ttl)) * 1000,
    unknownFamily: families.find((_, at) => answers[at]?.kind !== 'found') ?? null,
  };
}

const NOT_FOUND = 'host not found';
const NEGATIVE: ReadonlySet<string> = new Set(['ENOTFOUND', 'ENODATA', 'EAI_NODATA', 'EAI_NONAME']);
const WORDS: Readonly<Record<string, string>> = {
  ETIMEOUT: 'no DNS server answers',
  ECONNREFUSED: 'no DNS server can be reached',
  ESERVFAIL: 'the DNS server failed (SERVFAIL)',
  EREFUSED: 'the DNS server refuses to answer',
  EAI_AGAIN: 'no DNS server answers',
};

/** @param error one of node:dns */
export function lookupError(error: unknown): LookupError {
  const { code = '', message = String(error) } = error as { code?: string; message?: string };
  if (NEGATIVE.has(code)) return new LookupError(NOT_FOUND, true);
  return new LookupError(WORDS[code] ?? (code === '' ? message : code), false);
}
