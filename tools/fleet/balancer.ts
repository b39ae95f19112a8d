/** A TCP balancer in front of a fleet: in turn to each gateway that is ready, as one with health checks does. */
import type { NetConnectOpts } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { TcpRelay } from './tcp-relay.ts';

export interface Balanced {
  readonly trafficUrl: string;
  readonly adminUrl: string;
}

const CHECK_EVERY_MS = 100;

export class Balancer {
  readonly #relay: TcpRelay;
  readonly #stop: AbortController;
  readonly #checks: Promise<void>;

  /** @param gateways at any time */
  static async start(gateways: () => readonly Balanced[]): Promise<Balancer> {
    let ready: readonly Balanced[] = gateways();
    let next = 0;
    const targets = (): NetConnectOpts[] => {
      next += 1;
      return ready.map((_, at) => {
        const { hostname, port } = new URL(ready[(at + next) % ready.length]!.trafficUrl);
        return { host: hostname, port: Number(port) };
      });
    };
    const relay = await TcpRelay.listen(targets);
    return new Balancer(relay, async (signal) => {
      while (!signal.aborted) {
        const all = gateways();
        const states = await Promise.all(all.map((gateway) => isReady(gateway)));
        ready = all.filter((_, at) => states[at]);
        await wait(CHECK_EVERY_MS);
      }
    });
  }

  private constructor(relay: TcpRelay, check: (signal: AbortSignal) => Promise<void>) {
    this.#relay = relay;
    this.#stop = new AbortController();
    this.#checks = check(this.#stop.signal);
  }

  get url(): string {
    return `http://127.0.0.1:${this.#relay.port}`;
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#checks;
    await this.#relay.close();
  }
}

async function isReady({ adminUrl }: Balanced): Promise<boolean> {
  try {
    const { status } = await fetch(`${adminUrl}/readyz`, { signal: AbortSignal.timeout(2000) });
    return status === 200;
  } catch {
    return false;
  }
}
