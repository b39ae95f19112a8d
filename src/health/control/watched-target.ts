/** A backend under watch: one round of its checks, and when the next one is due. */
import type { Logger } from 'pino';
import type { HealthCheckSettings, PoolSettings, PoolTlsSettings } from '../../config/settings.ts';
import { DEFAULT_HEALTH_PATH, hasNoEndpoint, hintFor, isUnconfigured, UNCHECKED_HINT } from '../core/default-check.ts';
import { RiseFall, type HealthVerdict } from '../core/rise-fall.ts';
import type { probe, ProbeResult } from './probe.ts';

export interface ProbeTarget {
  /** Unique in the whole configuration. */
  readonly id: string;
  /** Of the backend table: with another one, another process is behind the URL. */
  readonly slot: number;
  readonly url: string;
  readonly pool: string;
  readonly check: HealthCheckSettings;
  readonly insecureSkipTlsVerify: boolean;
  readonly tls: PoolTlsSettings;
  readonly protocol: PoolSettings['protocol'];
  /** Its addresses, at least one. A later change of them does not make it another target. */
  readonly addresses: readonly string[];
}

export type TargetVerdict = Exclude<HealthVerdict, 'unknown'>;

export interface ProberPorts {
  readonly log: Pick<Logger, 'info' | 'warn'>;
  /** Every result; `isAnswered`: it passed, or showed only that the server has no endpoint for a check. */
  readonly onProbe: (id: string, result: ProbeResult, isAnswered: boolean) => void;
  /**
   * The first verdict and every change; `reason` is null for `up`, and for `unchecked` what to do about it. Called after
   * the onProbe that decided it.
   */
  readonly onVerdict: (id: string, verdict: TargetVerdict, reason: string | null) => void;
  /** The set of addresses that are down has changed, while at least one is not known to be down. */
  readonly onAddressesDown: (id: string, down: readonly string[]) => void;
  /** After each round: why this process could not probe, or null. Such rounds do not count. */
  readonly onOwnFailure: (error: string | null) => void;
  /** In 0..1. */
  readonly random: () => number;
  readonly probe: typeof probe;
}

/** Share of the interval by which a check may be early or late, so that gateways do not probe in step. */
const JITTER = 0.1;

export class WatchedTarget {
  readonly target: ProbeTarget;
  readonly #ports: ProberPorts;
  readonly #riseFall: RiseFall;
  #addresses: readonly string[];
  /** By address, for a target with several. */
  #byAddress = new Map<string, RiseFall>();
  #down: readonly string[] = [];
  /** Also a watch before this one. */
  #hasPassed: boolean;
  #reported: TargetVerdict | null = null;
  readonly #stopping = new AbortController();
  #rounds = 0;

  /** @param before the watch that this one replaces */
  constructor(target: ProbeTarget, ports: ProberPorts, before?: WatchedTarget) {
    this.target = target;
    this.#hasPassed = before !== undefined && before.#hasPassed && hasSameEndpoint(before.target, target);
    this.#ports = ports;
    this.#riseFall = new RiseFall(target.check);
    this.#addresses = target.addresses;
  }

  get isStopped(): boolean {
    return this.#stopping.signal.aborted;
  }

  /** Aborts the running probe; its result is dropped. */
  stop(): void {
    this.#stopping.abort();
    if (this.#down.length > 0) this.#ports.onAddressesDown(this.target.id, []);
  }

  /** True when there is a new address. */
  readdress(addresses: readonly string[]): boolean {
    const before = this.#addresses;
    this.#addresses = addresses;
    return addresses.some((address) => !before.includes(address));
  }

  /** One round: probe every address, count, report. The target is as healthy as its best address. */
  async probeOnce(): Promise<void> {
    if (this.isStopped) return;
    const { id, url, check, insecureSkipTlsVerify, tls, protocol } = this.target;
    const addresses = this.#addresses;
    const results = await Promise.all(
      addresses.map((address) =>
        this.#ports.probe(url, check, this.#stopping.signal, { address, insecureSkipTlsVerify, tls, protocol }),
      ),
    );
    if (this.isStopped) return;
    this.#rounds += 1;
    const answered = results.filter((each) => ownError(each) === null);
    this.#ports.onOwnFailure(results.flatMap((each) => ownError(each) ?? [])[0] ?? null);
    if (answered.length === 0) return;
    this.#hasPassed ||= answered.some(({ ok }) => ok);
    const result = answered.find(({ ok }) => ok) ?? answered.find((each) => this.#isAnswered(each)) ?? answered[0]!;
    this.#judgeAddresses(addresses, results);
    this.#ports.onProbe(id, result, this.#isAnswered(result));
    this.#riseFall.record(this.#isAnswered(result));
    this.#report(result);
  }

  /**
   * Time until the next round, ms. The second round is spread over the interval, because all targets start at the same
   * moment.
   */
  delayMs(): number {
    const { intervalMs, fastIntervalMs } = this.target.check;
    const isUnsettled = [this.#riseFall, ...this.#byAddress.values()].some(isUnsettledOne);
    const everyMs = isUnsettled ? fastIntervalMs : intervalMs;
    const random = this.#ports.random();
    return this.#rounds <= 1 ? everyMs * random : everyMs * (1 - JITTER + 2 * JITTER * random);
  }

  #judgeAddresses(addresses: readonly string[], results: readonly ProbeResult[]): void {
    const { id, url, pool, check } = this.target;
    const before = this.#byAddress;
    this.#byAddress = new Map(
      addresses.length < 2 ? [] : addresses.map((address) => [address, before.get(address) ?? new RiseFall(check)]),
    );
    for (const [at, riseFall] of [...this.#byAddress.values()].entries()) {
      const result = results[at]!;
      if (ownError(result) !== null) continue;
      if (riseFall.record(this.#isAnswered(result)) !== 'down' || result.ok) continue;
      this.#ports.log.warn({ backend: id, url, pool, address: addresses[at], reason: result.error }, 'address is down');
    }
    const down = [...this.#byAddress].filter(([, { state }]) => state === 'down').map(([address]) => address);
    if (down.join() === this.#down.join()) return;
    this.#down = down;
    this.#ports.onAddressesDown(id, down);
  }

  /** It passed, or it shows only that the server has no endpoint for a check that nobody configured. */
  #isAnswered(result: ProbeResult): boolean {
    return result.ok || (!this.#hasPassed && hasNoEndpoint(result.error) && isUnconfigured(this.target.check));
  }

  #report(result: ProbeResult): void {
    const { state } = this.#riseFall;
    const verdict = state === 'up' && !this.#hasPassed ? 'unchecked' : state;
    if (verdict === 'unknown' || verdict === this.#reported) return;
    this.#reported = verdict;
    const { id, url, pool, check } = this.target;
    const about = { backend: id, url, pool };
    const reason = result.ok ? null : result.error;
    if (verdict === 'up') this.#ports.log.info(about, 'backend is up');
    else if (verdict === 'unchecked')
      this.#ports.log.warn({ ...about, reason, hint: UNCHECKED_HINT }, 'backend is unchecked, and gets requests');
    else this.#ports.log.warn({ ...about, reason, ...remedy(reason, check.path) }, 'backend is down');
    this.#ports.onVerdict(id, verdict, verdict === 'unchecked' ? UNCHECKED_HINT : reason);
  }
}

/** Whether the same server is asked for the same; how often, and over which kind of connection, may differ. */
function hasSameEndpoint(one: ProbeTarget, other: ProbeTarget): boolean {
  const { type, path, port } = one.check;
  const isSameServer = one.slot === other.slot && one.url === other.url;
  return isSameServer && type === other.check.type && path === other.check.path && port === other.check.port;
}

/** Null: it says something about the backend. */
function ownError(result: ProbeResult): string | null {
  return !result.ok && result.isOwn === true ? result.error : null;
}

function isUnsettledOne({ state, isChanging }: RiseFall): boolean {
  return state === 'down' || isChanging;
}

/** The usual first problem with backends that have no health endpoint. */
function remedy(error: string | null, path: string | null): { hint?: string } {
  return error === 'status 404' ? { hint: hintFor(path ?? DEFAULT_HEALTH_PATH) } : {};
}
