/** The addresses of all backends: of host names those they resolve to, without those that the probes found down. */
import type { Logger } from 'pino';
import type { Settings } from '../../config/settings.ts';
import { bareHost } from '../../net/backend-url.ts';
import { parseAddress } from '../../net/ip-address.ts';
import type { EventLog } from '../../events/event-log.ts';
import { AddressBook, type Resolution } from './address-book.ts';
import type { Lookup } from './name-lookup.ts';

interface Backend {
  readonly id: string;
  readonly url: string;
}

interface Host {
  readonly host: string;
  /** The host is this address already; null: it is a name. */
  readonly literal: readonly string[] | null;
}

export interface BackendAddressesPorts {
  readonly lookupOf: (host: string) => Lookup;
  /** How long an answer with this TTL is valid. */
  readonly clampTtlMs: (ttlMs: number) => number;
  readonly nowMs: () => number;
  readonly schedule: (task: () => void, ms: number) => () => void;
  readonly log: Pick<Logger, 'info' | 'warn'>;
  readonly events: Pick<EventLog, 'append'>;
  /** Addresses of some backends have changed. */
  readonly onChange: () => void;
}

/** Longest time that a new name may delay a start or a change. */
const FIRST_LOOKUP_MS = 1000;

export class BackendAddresses {
  readonly #ports: BackendAddressesPorts;
  readonly #book: AddressBook;
  /** By host name: ids of the backends that use it. */
  #backends = new Map<string, string[]>();
  /** By URL. */
  readonly #hosts = new Map<string, Host>();
  /** By backend. */
  readonly #down = new Map<string, readonly string[]>();

  constructor(ports: BackendAddressesPorts) {
    this.#ports = ports;
    this.#book = new AddressBook({
      ...ports,
      onChange: (host, before) => this.#changed(host, before),
      onError: (host, error) => this.#failed(host, error),
    });
  }

  get totals(): AddressBook['totals'] {
    return this.#book.totals;
  }

  /**
   * To be called before settings are applied: looks up new names, and waits for the answers, but not for long. A
   * backend without any answer by then has no address yet.
   */
  async prepare(settings: Settings): Promise<void> {
    const names = new Set(backendsByHost(settings).keys());
    const isKnown = [...names].every((name) => (this.#book.get(name)?.checkedMs ?? null) !== null);
    const watched = this.#book.watch(names);
    if (isKnown) return;
    let cancel = (): void => {};
    const late = new Promise<void>((resolve) => {
      cancel = this.#ports.schedule(resolve, FIRST_LOOKUP_MS);
    });
    await Promise.race([watched, late]);
    cancel();
  }

  /** To be called when settings apply: forgets names that only earlier ones used. */
  setCurrent(settings: Settings): void {
    this.#backends = backendsByHost(settings);
    this.#book.retain(new Set(this.#backends.keys()));
    this.#hosts.clear();
    const ids = new Set(settings.pools.flatMap(({ backends }) => backends.map(({ id }) => id)));
    for (const id of this.#down.keys()) if (!ids.has(id)) this.#down.delete(id);
  }

  /** All that are known, in order. */
  known({ url }: Backend): readonly string[] {
    const { host, literal } = this.#host(url);
    return literal ?? this.#book.get(host)?.addresses ?? NONE;
  }

  /** Those used for connections: all, if every one of them is down. */
  used(backend: Backend): readonly string[] {
    const known = this.known(backend);
    const down = this.#down.get(backend.id);
    if (down === undefined) return known;
    const up = known.filter((address) => !down.includes(address));
    return up.length > 0 ? up : known;
  }

  /** Null: the URL contains an address. */
  resolution(url: string): (Resolution & { readonly host: string }) | null {
    const { host, literal } = this.#host(url);
    if (literal !== null) return null;
    return { host, ...(this.#book.get(host) ?? NEVER) };
  }

  setDown(id: string, down: readonly string[]): void {
    if (down.length === 0) this.#down.delete(id);
    else this.#down.set(id, down);
    this.#ports.onChange();
  }

  stop(): void {
    this.#book.stop();
  }

  /** For a URL, looked up every second: parsed once. */
  #host(url: string): Host {
    const known = this.#hosts.get(url);
    if (known !== undefined) return known;
    const host = hostOf(url);
    const read = { host, literal: isAddress(host) ? [host] : null };
    this.#hosts.set(url, read);
    return read;
  }

  #changed(host: string, before: readonly string[]): void {
    const { addresses } = this.#book.get(host)!;
    this.#ports.onChange();
    // The initial configuration is not a change.
    if (before.length === 0) return;
    this.#ports.log.info({ host, before, addresses }, 'host name resolves to other addresses');
    this.#record(host, 'info', `${host} resolves to ${list(addresses)}, previously ${list(before)}`);
  }

  #failed(host: string, error: string | null): void {
    const { addresses } = this.#book.get(host)!;
    if (error === null) {
      this.#ports.log.info({ host, addresses }, 'host name resolves again');
      this.#record(host, 'info', `${host} resolves again: ${list(addresses)}`);
      return;
    }
    const rest = addresses.length > 0 ? `requests keep going to ${list(addresses)}` : 'it has no address yet';
    this.#ports.log.warn({ host, reason: error, addresses }, 'host name lookup failed');
    this.#record(host, 'warn', `lookup of ${host} failed: ${error}; ${rest}`);
  }

  #record(host: string, severity: 'info' | 'warn', message: string): void {
    for (const subject of this.#backends.get(host) ?? []) {
      this.#ports.events.append({ kind: 'backend', severity, subject, message });
    }
  }
}

const NONE: readonly string[] = [];
const NEVER: Resolution = { addresses: [], sinceMs: null, checkedMs: null, error: null };

function backendsByHost({ pools }: Settings): Map<string, string[]> {
  const byHost = new Map<string, string[]>();
  for (const { id, url } of pools.flatMap(({ backends }) => backends)) {
    const host = hostOf(url);
    if (isAddress(host)) continue;
    const known = byHost.get(host);
    if (known === undefined) byHost.set(host, [id]);
    else known.push(id);
  }
  return byHost;
}

function hostOf(url: string): string {
  return bareHost(new URL(url).hostname);
}

function isAddress(host: string): boolean {
  return parseAddress(host) !== undefined;
}

/** The first few: an event is one line. */
function list(addresses: readonly string[]): string {
  const more = addresses.length - 4;
  return more > 0 ? `${addresses.slice(0, 4).join(', ')} and ${more} more` : addresses.join(', ');
}
