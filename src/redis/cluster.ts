/** The masters of a Redis Cluster, each with a connection, and which of them has which slot. */
import { setTimeout as sleep } from 'node:timers/promises';

import { equalJitterMs } from '../core/backoff.ts';
import { parseSlots, SLOTS, slotOf, type Redirect, type SlotRange } from './core/cluster-slot.ts';
import { OutageLog } from './outage-log.ts';
import { addressText, type RedisAddress } from './redis-access.ts';
import { RedisConnection } from './redis-connection.ts';
import { RedisError } from './redis-error.ts';
import { RedisNode, type RedisNodeOptions } from './redis-node.ts';
import type { Servers } from './servers.ts';

/** Between two lookups of the slots, ms. */
const MIN_LOOKUP_MS = 100;
const MAX_LOOKUP_MS = 1000;
/** A node without slots is kept for this long after a redirect to it, ms: slots may be on their way there. */
const KEPT_MS = 60_000;

interface Member {
  readonly node: RedisNode;
  redirectedAtMs: number;
}

export type ClusterOptions = Pick<RedisNodeOptions, 'access' | 'log' | 'onUp' | 'onDown'>;

export class Cluster implements Servers {
  readonly #seeds: readonly RedisAddress[];
  readonly #options: ClusterOptions;
  readonly #closing = new AbortController();
  readonly #log: OutageLog;
  /** By address. */
  readonly #members = new Map<string, Member>();
  /** By slot. */
  readonly #owners: (Member | undefined)[] = Array.from({ length: SLOTS });
  readonly #leaving = new Set<Promise<void>>();
  #isLookupWanted = false;
  #lookups: Promise<void> | null = null;

  constructor(seeds: readonly RedisAddress[], options: ClusterOptions) {
    this.#seeds = seeds;
    this.#options = options;
    this.#log = new OutageLog(options.log);
    this.refresh();
  }

  of(key: string): RedisConnection | null {
    return this.#owners[slotOf(key)]?.node.connection ?? null;
  }

  connected(): readonly RedisConnection[] {
    return [...this.#members.values()].flatMap(({ node }) => node.connection ?? []);
  }

  follow({ isAsk, slot, host, port }: Redirect, from: RedisConnection): RedisConnection | null {
    const member = this.#member({ host: host ?? from.address.host, port, path: null });
    member.redirectedAtMs = performance.now();
    if (!isAsk) {
      this.#owners[slot] = member;
      this.refresh();
    }
    return member.node.connection;
  }

  refresh(): void {
    this.#isLookupWanted = true;
    if (!this.#closing.signal.aborted) this.#lookups ??= this.#lookUpAll();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all([...this.#members.values()].map(({ node }) => node.close()));
    await Promise.all([this.#lookups, ...this.#leaving]);
  }

  async #lookUpAll(): Promise<void> {
    const { signal } = this.#closing;
    for (let failures = 0; this.#isLookupWanted && !signal.aborted;) {
      this.#isLookupWanted = false;
      if (await this.#lookUp(signal)) {
        failures = 0;
        this.#log.over();
      } else {
        this.#isLookupWanted = true;
        failures++;
      }
      const waitMs = equalJitterMs(failures, MIN_LOOKUP_MS, MAX_LOOKUP_MS, Math.random());
      await sleep(waitMs, undefined, { ref: false, signal }).catch(() => undefined);
    }
    this.#lookups = null;
  }

  /** @returns false if nobody knew. */
  async #lookUp(signal: AbortSignal): Promise<boolean> {
    let failure = new RedisError('down', 'no node of the Cluster is connected');
    for (const connection of this.connected()) {
      try {
        this.#assign(await slotsFrom(connection), connection.address);
        return true;
      } catch (error) {
        failure = error as RedisError;
      }
    }
    for (const seed of this.#seeds) {
      try {
        const connection = await RedisConnection.open(seed, this.#options.access, signal);
        try {
          this.#assign(await slotsFrom(connection), seed);
          return true;
        } finally {
          connection.end(new RedisError('down', 'closed'));
        }
      } catch (error) {
        failure = error as RedisError;
      }
    }
    if (signal.aborted || this.connected().length > 0) return false;
    this.#log.down(this.#seeds.map(addressText).join(', '), failure);
    this.#options.onDown(failure);
    return false;
  }

  #assign(ranges: readonly SlotRange[], asked: RedisAddress): void {
    if (this.#closing.signal.aborted) return;
    const masters = new Set<Member>();
    this.#owners.fill(undefined);
    for (const { from, to, host, port } of ranges) {
      const member = this.#member({ host: host ?? asked.host, port, path: null });
      masters.add(member);
      this.#owners.fill(member, from, to + 1);
    }
    const keptSinceMs = performance.now() - KEPT_MS;
    for (const [text, member] of this.#members) {
      if (masters.has(member) || member.redirectedAtMs > keptSinceMs) continue;
      this.#members.delete(text);
      const closed = member.node.close().finally(() => this.#leaving.delete(closed));
      this.#leaving.add(closed);
    }
  }

  #member(address: RedisAddress): Member {
    const text = addressText(address);
    const known = this.#members.get(text);
    if (known !== undefined) return known;
    const node = new RedisNode({
      ...this.#options,
      find: () => Promise.resolve(address),
      onDown: (error) => {
        this.#options.onDown(error);
        // Another node may have taken over.
        this.refresh();
      },
    });
    const member = { node, redirectedAtMs: -Infinity };
    this.#members.set(text, member);
    return member;
  }
}

async function slotsFrom(connection: RedisConnection): Promise<readonly SlotRange[]> {
  const ranges = parseSlots(await connection.ask('CLUSTER', 'SLOTS'));
  if (ranges === undefined || ranges.length === 0) throw new RedisError('clusterdown', 'the Cluster has no slots');
  return ranges;
}
