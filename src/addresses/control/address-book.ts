/**
 * Resolves every host name of the configuration. Each name is looked up again when its answer has expired; a name that
 * is not found any more, or cannot be looked up, keeps its last addresses.
 */
import { isIPv6 } from 'node:net';
import type { Found, Lookup } from './name-lookup.ts';

export interface Resolution {
  /** In order; empty: it was never found. */
  readonly addresses: readonly string[];
  /** Since when these are the addresses; of the shared clock; null: there are none. */
  readonly sinceMs: number | null;
  /** Time of the last lookup; null: not yet. */
  readonly checkedMs: number | null;
  /** Reason why the last lookup failed, else null. */
  readonly error: string | null;
}

export interface AddressBookPorts {
  readonly lookupOf: (host: string) => Lookup;
  /** How long an answer with this TTL is valid. */
  readonly clampTtlMs: (ttlMs: number) => number;
  readonly nowMs: () => number;
  /** Runs the task later; the returned function cancels it. */
  readonly schedule: (task: () => void, ms: number) => () => void;
  /** Its addresses have changed. */
  readonly onChange: (host: string, before: readonly string[]) => void;
  /** The first of consecutive failures, or null: it is found again. */
  readonly onError: (host: string, error: string | null) => void;
}

interface Entry extends Resolution {
  readonly lookup: Lookup;
  readonly first: Promise<void>;
  failures: number;
  cancelNext: () => void;
  isDropped: boolean;
  addresses: readonly string[];
  sinceMs: number | null;
  checkedMs: number | null;
  error: string | null;
}

/** Longest delay after failures, which doubles. */
const RETRY_MS = 1000;
const MAX_RETRY_MS = 5000;
/** More would not help, and each is probed. */
const MAX_ADDRESSES = 64;

export class AddressBook {
  readonly #ports: AddressBookPorts;
  readonly #entries = new Map<string, Entry>();
  #lookups = 0;
  #failures = 0;

  constructor(ports: AddressBookPorts) {
    this.#ports = ports;
  }

  get totals(): { readonly lookups: number; readonly failures: number } {
    return { lookups: this.#lookups, failures: this.#failures };
  }

  get(host: string): Resolution | undefined {
    return this.#entries.get(host);
  }

  /** Looks these up, besides the others. Resolves when each has been looked up once. */
  async watch(hosts: Iterable<string>): Promise<void> {
    const entries = [...new Set(hosts)].map((host) => this.#entries.get(host) ?? this.#begin(host));
    await Promise.all(entries.map(({ first }) => first));
  }

  /** Forgets all but these. */
  retain(hosts: ReadonlySet<string>): void {
    for (const [host, entry] of this.#entries) if (!hosts.has(host)) this.#drop(host, entry);
  }

  stop(): void {
    this.retain(new Set());
  }

  #begin(host: string): Entry {
    const first = Promise.withResolvers<void>();
    const entry: Entry = {
      lookup: this.#ports.lookupOf(host),
      first: first.promise,
      failures: 0,
      cancelNext: () => {},
      isDropped: false,
      addresses: [],
      sinceMs: null,
      checkedMs: null,
      error: null,
    };
    this.#entries.set(host, entry);
    void this.#round(host, entry).then(first.resolve);
    return entry;
  }

  #drop(host: string, entry: Entry): void {
    entry.isDropped = true;
    entry.cancelNext();
    this.#entries.delete(host);
  }

  /** One lookup; the next one is scheduled when it ends. Never rejects. */
  async #round(host: string, entry: Entry): Promise<void> {
    const { clampTtlMs, nowMs, schedule } = this.#ports;
    let waitMs: number;
    this.#lookups += 1;
    try {
      const found = await entry.lookup();
      if (entry.isDropped) return;
      entry.checkedMs = nowMs();
      waitMs = clampTtlMs(found.ttlMs);
      this.#found(host, entry, found);
    } catch (error) {
      this.#failures += 1;
      if (entry.isDropped) return;
      entry.checkedMs = nowMs();
      waitMs = Math.min(MAX_RETRY_MS, RETRY_MS * 2 ** entry.failures);
      entry.failures += 1;
      entry.error = (error as Error).message;
      if (entry.failures === 1) this.#ports.onError(host, entry.error);
    }
    entry.cancelNext = schedule(() => void this.#round(host, entry), waitMs);
  }

  #found(host: string, entry: Entry, found: Found): void {
    const before = entry.addresses;
    const kept = before.filter((address) => found.unknownFamily === (isIPv6(address) ? 6 : 4));
    const addresses = [...new Set([...found.addresses, ...kept])].sort().slice(0, MAX_ADDRESSES);
    const hadFailed = entry.failures > 0;
    entry.failures = 0;
    entry.error = null;
    if (addresses.join() !== before.join()) {
      entry.addresses = addresses;
      entry.sinceMs = this.#ports.nowMs();
      this.#ports.onChange(host, before);
    }
    if (hadFailed) this.#ports.onError(host, null);
  }
}
