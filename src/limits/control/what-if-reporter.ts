/** Replays the recorded hour against other limits, one question at a time. */
import { setImmediate } from 'node:timers/promises';
import { KeyedQueue } from '../../core/keyed-queue.ts';
import { GatewayError } from '../../errors.ts';
import type { ClientKey } from '../../identity/client-key.ts';
import { clientLimit, type ClientLimit } from '../client-limit.ts';
import type { BucketPolicy } from '../client-table.ts';
import { type ClientDemand, type DemandHistory, MAX_SECOND } from '../core/demand-history.ts';
import {
  type Arrival,
  arrivals,
  replay,
  type ReplayedLimit,
  smallestCapacity,
  smallestRate,
} from '../core/limit-replay.ts';
import { TIMINGS, type Timing } from '../core/limits-vocabulary.ts';
import { clientPolicy, policyLimit } from '../limit-policy.ts';
import type { LimitReports } from '../limit-reports.ts';
import {
  type ClientOutcome,
  type ClientWhatIf,
  type DefaultOutcome,
  type DefaultWhatIf,
  MAX_REFUSED_CLIENTS,
  type Recorded,
  type RefusedClient,
  type Verdict,
  type WhatIfReports,
} from '../what-if.ts';
import { clientOfBucket } from './client-of-bucket.ts';

export interface WhatIfPorts {
  readonly demand: DemandHistory;
  readonly reports: Pick<LimitReports, 'report' | 'usage'>;
  /** The client with this bucket key has a limit of its own. */
  readonly isRegistered: (bucket: string) => boolean;
  readonly nowMs: () => number;
  readonly wallMs: (atMs: number) => number;
}

type Timed = Readonly<Record<Timing, readonly Arrival[]>>;

export class LiveWhatIf implements WhatIfReports {
  readonly #ports: WhatIfPorts;
  /** A replay may take some time: the event loop must not have several to do in one turn. */
  readonly #queue = new KeyedQueue();

  constructor(ports: WhatIfPorts) {
    this.#ports = ports;
  }

  client(client: ClientKey, limit: Partial<ClientLimit>): Promise<ClientWhatIf> {
    return this.#queue.run('', async () => this.#client(client, limit));
  }

  default(limit: Partial<ClientLimit>): Promise<DefaultWhatIf> {
    return this.#queue.run('', () => this.#default(limit));
  }

  #client(client: ClientKey, limit: Partial<ClientLimit>): ClientWhatIf {
    const { demand, reports } = this.#ports;
    const { countedAs, bucket, policy } = reports.usage(client);
    const proposed = proposedPolicy(limit, policy);
    const known = bucket === null ? undefined : demand.read(bucket, this.#second);
    if (known === undefined || countedAs === null) throw new GatewayError('GW_DEMAND_NOT_RECORDED');
    const timed = timedArrivals(known);
    return {
      ...client,
      countedAs,
      recorded: this.#recorded(known),
      ...sums([known]),
      current: this.#verdict(timed, policy),
      proposed: this.#verdict(timed, proposed),
      notes: [...this.#notes([known]), ...costNotes(known, proposed)],
    };
  }

  async #default(limit: Partial<ClientLimit>): Promise<DefaultWhatIf> {
    const { demand, isRegistered, reports } = this.#ports;
    const current = reports.report().default;
    const proposed = proposedPolicy(limit, current);
    const everybody = demand.all(this.#second);
    const known = everybody.filter(({ key }) => !isRegistered(key));
    const from = known.reduce((least, each) => Math.min(least, each.from), this.#second);
    const total = demand.total(this.#second);
    const tallies = { current: new Tally(current), proposed: new Tally(proposed) };
    const refused: RefusedClient[] = [];
    for (const each of known) {
      const timed = timedArrivals(each);
      tallies.current.add(timed);
      const counts = tallies.proposed.add(timed);
      if (counts.even + counts.at_once > 0)
        refused.push({ ...clientOfBucket(each.key), requests: sum(each.requests), refused: counts });
      // Traffic does not wait for this thread, but operators and health checks do.
      await setImmediate();
    }
    return {
      recorded: this.#recorded({ from, to: this.#second }),
      ...sums(known),
      clients: known.length,
      coveredShare: total === 0 ? 1 : Math.min(1, sums(everybody).requests / total),
      current: { policy: current, ...tallies.current.outcomes },
      proposed: { policy: proposed, ...tallies.proposed.outcomes },
      refusedClients: refused.toSorted(mostRefusedFirst).slice(0, MAX_REFUSED_CLIENTS),
      notes: this.#notes(known),
    };
  }

  get #second(): number {
    return Math.floor(this.#ports.nowMs() / 1000);
  }

  #recorded({ from, to }: Pick<ClientDemand, 'from' | 'to'>): Recorded {
    const { wallMs } = this.#ports;
    return { since: wallMs(from * 1000), until: wallMs((to + 1) * 1000), seconds: to - from + 1 };
  }

  #verdict(timed: Timed, policy: BucketPolicy): Verdict<ClientOutcome> {
    return { policy, even: this.#outcome(timed.even, policy), at_once: this.#outcome(timed.at_once, policy) };
  }

  #outcome(all: readonly Arrival[], policy: BucketPolicy): ClientOutcome {
    const { capacity, ratePerSecond, windowMs = 0 } = policy;
    const limit = { capacity, ratePerSecond, windowMs };
    const { worstMinute, ...counts } = replay(all, limit);
    const { wallMs } = this.#ports;
    return {
      ...counts,
      worstMinute: worstMinute === null ? null : { start: wallMs(worstMinute.startMs), refused: worstMinute.refused },
      smallestCapacity: smallestCapacity(all, limit),
      smallestRate: windowMs > 0 ? null : smallestRate(all, capacity),
    };
  }

  #notes(known: readonly ClientDemand[]): string[] {
    const { limiter, sharing } = this.#ports.reports.report();
    const saturated = known.reduce((count, each) => count + each.saturated, 0);
    return [
      ...(limiter.enabled ? [] : ['rate_limit.enabled is false: requests are not recorded']),
      ...(sharing === null
        ? []
        : [`the limit is that of ${sharing.gateways} gateways, the record is of this one only`]),
      ...(saturated === 0
        ? []
        : [`${saturated} seconds had ${MAX_SECOND} requests or more, and count as ${MAX_SECOND}`]),
    ];
  }
}

/** Of all clients under one limit. */
class Tally {
  readonly #refused = { even: 0, at_once: 0 };
  readonly #clients = { even: 0, at_once: 0 };
  readonly #capacity = { even: 1, at_once: 1 };
  /** Null: no rate is enough, or it is a window. */
  readonly #rate: Record<Timing, number | null>;
  readonly #limit: ReplayedLimit;

  constructor({ capacity, ratePerSecond, windowMs = 0 }: BucketPolicy) {
    this.#limit = { capacity, ratePerSecond, windowMs };
    const rate = windowMs > 0 ? null : 0;
    this.#rate = { even: rate, at_once: rate };
  }

  /** How many of the client's requests are refused. */
  add(timed: Timed): Record<Timing, number> {
    const limit = this.#limit;
    const counts = { even: 0, at_once: 0 };
    for (const timing of TIMINGS) {
      const all = timed[timing];
      const { refused } = replay(all, limit);
      counts[timing] = refused;
      this.#refused[timing] += refused;
      if (refused > 0) this.#clients[timing] += 1;
      this.#capacity[timing] = Math.max(this.#capacity[timing], smallestCapacity(all, limit));
      const before = this.#rate[timing];
      if (before !== null) this.#rate[timing] = smallestRate(all, limit.capacity, before);
    }
    return counts;
  }

  get outcomes(): Readonly<Record<Timing, DefaultOutcome>> {
    const outcome = (timing: Timing): DefaultOutcome => ({
      refused: this.#refused[timing],
      refusedClients: this.#clients[timing],
      smallestCapacity: this.#capacity[timing],
      smallestRate: this.#rate[timing],
    });
    return { even: outcome('even'), at_once: outcome('at_once') };
  }
}

/** A rate means a bucket and a length a window, whatever the current limit is. */
function proposedPolicy(wanted: Partial<ClientLimit>, current: BucketPolicy): BucketPolicy {
  const { ratePerSecond, windowSeconds } = wanted;
  const meant: Partial<ClientLimit> =
    ratePerSecond !== undefined
      ? { algorithm: 'token-bucket', ...wanted }
      : windowSeconds !== undefined
        ? { algorithm: 'sliding-window', ...wanted }
        : wanted;
  return clientPolicy(clientLimit(meant, policyLimit(current)));
}

function timedArrivals(demand: ClientDemand): Timed {
  return { even: arrivals(demand, 'even'), at_once: arrivals(demand, 'at_once') };
}

function costNotes({ requests, tokens }: ClientDemand, { capacity }: BucketPolicy): string[] {
  const isTooMuch = requests.some((count, index) => tokens[index]! / count > capacity);
  return isTooMuch ? ['some requests cost more than the whole capacity: they are always refused'] : [];
}

function sums(known: readonly ClientDemand[]): { requests: number; tokens: number } {
  return {
    requests: known.reduce((total, { requests }) => total + sum(requests), 0),
    tokens: known.reduce((total, { tokens }) => total + sum(tokens), 0),
  };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

function mostRefusedFirst(one: RefusedClient, other: RefusedClient): number {
  return other.refused.at_once - one.refused.at_once || other.refused.even - one.refused.even;
}
