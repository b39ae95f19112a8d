/** A backend under watch: one round of its checks, and when the next one is due. */
import type { Logger } from 'pino';
import type { HealthCheckSettings } from '../config/settings.ts';
import { RiseFall } from '../core/rise-fall.ts';
import type { probe, ProbeResult } from './probe.ts';

export interface ProbeTarget {
  /** Unique in the whole configuration. */
  readonly id: string;
  readonly url: string;
  readonly pool: string;
  readonly check: HealthCheckSettings;
  readonly insecureSkipTlsVerify: boolean;
}

export interface ProberPorts {
  readonly log: Pick<Logger, 'info' | 'warn'>;
  /** Every result. */
  readonly onProbe: (id: string, result: ProbeResult) => void;
  /** The first verdict and every change; `reason` is null for a healthy one. Comes after the onProbe that decided it. */
  readonly onVerdict: (id: string, isHealthy: boolean, reason: string | null) => void;
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
  readonly #stopping = new AbortController();
  #rounds = 0;

  constructor(target: ProbeTarget, ports: ProberPorts) {
    this.target = target;
    this.#ports = ports;
    this.#riseFall = new RiseFall(target.check);
  }

  get isStopped(): boolean {
    return this.#stopping.signal.aborted;
  }

  /** The probe under way ends at once, and its result is dropped. */
  stop(): void {
    this.#stopping.abort();
  }

  /** One round: probe, count, tell. */
  async probeOnce(): Promise<void> {
    if (this.isStopped) return;
    const { id, url, check, insecureSkipTlsVerify } = this.target;
    const result = await this.#ports.probe(url, check, this.#stopping.signal, { insecureSkipTlsVerify });
    if (this.isStopped) return;
    this.#rounds += 1;
    this.#ports.onProbe(id, result);
    const verdict = this.#riseFall.record(result.ok);
    if (verdict !== null) this.#announce(result);
  }

  /**
   * Time until the next round, ms. The one after the first is spread over the interval: all began at the same moment.
   */
  delayMs(): number {
    const { intervalMs, fastIntervalMs } = this.target.check;
    const isUnsettled = this.#riseFall.state === 'down' || this.#riseFall.isChanging;
    const everyMs = isUnsettled ? fastIntervalMs : intervalMs;
    const random = this.#ports.random();
    return this.#rounds <= 1 ? everyMs * random : everyMs * (1 - JITTER + 2 * JITTER * random);
  }

  #announce(result: ProbeResult): void {
    const { id, url, pool, check } = this.target;
    const about = { backend: id, url, pool };
    if (result.ok) this.#ports.log.info(about, 'backend is up');
    else
      this.#ports.log.warn({ ...about, reason: result.error, ...hintFor(result.error, check.path) }, 'backend is down');
    this.#ports.onVerdict(id, result.ok, result.ok ? null : result.error);
  }
}

/** The first thing that goes wrong with backends that know nothing of health checks. */
function hintFor(error: string, path: string): { hint?: string } {
  if (error !== 'status 404') return {};
  return { hint: `it has no ${path}: set health_check.path, or health_check.enabled: false` };
}
