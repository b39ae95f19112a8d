/** Queries to DNS servers, through c-ares: they need no thread, and do not wait for each other. */
import dns from 'node:dns';
import { isDeepStrictEqual } from 'node:util';
import type { Family } from './name-lookup.ts';
import { parseResolvConf, type SearchRules } from './resolv-conf.ts';
import { WatchedText } from '../../runtime/watched-text.ts';

const TRY_MS = 1000;
const TRIES = 2;

const { Resolver } = dns.promises;

interface ResolvConf {
  readonly rules: SearchRules;
  readonly text: string;
}

export interface DnsClientSettings {
  /** Each an address, perhaps with a port: `192.0.2.53`, `[2001:db8::53]:5353`; empty: the system's. */
  readonly servers: readonly string[];
  /** Bounds of how long an answer is valid. */
  readonly minTtlMs: number;
  readonly maxTtlMs: number;
}

export class DnsClient {
  readonly #file: WatchedText<ResolvConf>;
  #settings: DnsClientSettings;
  #resolver: dns.promises.Resolver;
  /** What the resolver was created from. */
  #madeFrom: ResolvConf;

  constructor(settings: DnsClientSettings, resolvConf = '/etc/resolv.conf') {
    this.#file = new WatchedText(resolvConf, (text) => ({ rules: parseResolvConf(text), text }));
    this.#settings = settings;
    this.#madeFrom = this.#file.read();
    this.#resolver = this.#make();
  }

  /** Empty: the system is asked as well. */
  get servers(): readonly string[] {
    return this.#settings.servers;
  }

  use(settings: DnsClientSettings): void {
    const { servers } = this.#settings;
    this.#settings = settings;
    if (!isDeepStrictEqual(settings.servers, servers)) this.#resolver = this.#make();
  }

  /** How long an answer with this TTL is valid. */
  readonly clampTtlMs = (ttlMs: number): number => {
    const { minTtlMs, maxTtlMs } = this.#settings;
    return Math.min(maxTtlMs, Math.max(minTtlMs, ttlMs));
  };

  rules(): SearchRules {
    return this.#file.read().rules;
  }

  async query(name: string, family: Family): Promise<dns.RecordWithTtl[]> {
    const resolver = this.#current();
    return family === 4 ? resolver.resolve4(name, { ttl: true }) : resolver.resolve6(name, { ttl: true });
  }

  /** SRV records (RFC 2782). Node does not give their TTL. */
  async queryServices(name: string): Promise<dns.SrvRecord[]> {
    return this.#current().resolveSrv(name);
  }

  stop(): void {
    this.#resolver.cancel();
  }

  #current(): dns.promises.Resolver {
    const file = this.#file.read();
    // c-ares reads it only once.
    if (file !== this.#madeFrom) {
      this.#madeFrom = file;
      this.#resolver = this.#make();
    }
    return this.#resolver;
  }

  #make(): dns.promises.Resolver {
    const resolver = new Resolver({ timeout: TRY_MS, tries: TRIES, maxTimeout: 2 * TRY_MS });
    if (this.servers.length > 0) resolver.setServers(this.servers);
    return resolver;
  }
}

/** getaddrinfo. It blocks one of the two threads that Node gives it in a process, for as long as a server is silent. */
export async function askSystem(name: string): Promise<readonly string[]> {
  return new Promise((resolve, reject) => {
    // Through the module, so that a replacement there is used.
    dns.lookup(name, { all: true }, (error, found) => {
      if (error === null) resolve(found.map(({ address }) => address));
      else reject(error);
    });
  });
}
