/** A fleet behind a balancer, with the load of two clients: one far below its limit, and one that always exceeds it. */
import { setTimeout as wait } from 'node:timers/promises';
import { Balancer } from '../../fleet/balancer.ts';
import { FleetLab } from '../../fleet/fleet-lab.ts';
import { TcpRelay } from '../../fleet/tcp-relay.ts';
import { AdminClient } from '../admin-client.ts';
import { BackgroundLoad } from '../background-load.ts';

/** Of the client that exceeds it: three times as many requests are sent. */
export const LIMIT = { capacity: 100, ratePerSecond: 100 } as const;
const LIMITED = { clientId: 'chaos-limited', connections: 24, everyMs: 80 } as const;
const UNLIMITED = { clientId: 'chaos-load', connections: 9, everyMs: 90 } as const;
const PLENTY = { capacity: 1e6, ratePerSecond: 1e6 } as const;
/** Until the bucket is used up: a burst of `capacity` at twice the rate, ms. */
const WARM_UP_MS = 1000;

export interface FleetChaosOptions {
  readonly count: number;
  readonly hasPostgres: boolean;
  /** Gateways of a rolling restart. */
  readonly restarts: number;
}

export class FleetChaosLab {
  readonly fleet: FleetLab;
  readonly limited: BackgroundLoad;
  readonly unlimited: BackgroundLoad;
  /** From each gateway to Redis. */
  readonly networks: readonly TcpRelay[];

  readonly restarts: number;

  static async start(options: FleetChaosOptions, closing: (() => unknown)[]): Promise<FleetChaosLab> {
    const { count, hasPostgres, restarts } = options;
    const networks: TcpRelay[] = [];
    const config = {
      server: {
        host: '127.0.0.1',
        port: 0,
        threads: 1,
        // Several checks of the balancer.
        drain_delay: '600ms',
        drain_timeout: '2s',
      },
      // All of this and the load run on one machine.
      rate_limit: { shared: { wait: '50ms', lost_after: '300ms' } },
      health_check: { interval: '1s' },
    };
    const fleet = await FleetLab.start(
      {
        count,
        backends: 2,
        hasPostgres,
        config,
        redisUrl: async (_index, redis) => {
          const network = await TcpRelay.listen(() => [{ path: redis.socket }]);
          closing.push(() => network.close());
          networks.push(network);
          return `redis://127.0.0.1:${network.port}`;
        },
      },
      closing,
    );
    const balancer = await Balancer.start(() => fleet.gateways);
    closing.push(() => balancer.close());
    const lab = new FleetChaosLab({ fleet, networks, restarts }, balancer.url);
    closing.push(() => Promise.all([lab.limited.stop(), lab.unlimited.stop()]));
    await lab.#register(hasPostgres && fleet.postgres !== undefined ? 1 : count);
    return lab;
  }

  private constructor(parts: Pick<FleetChaosLab, 'fleet' | 'networks' | 'restarts'>, url: string) {
    this.fleet = parts.fleet;
    this.networks = parts.networks;
    this.restarts = parts.restarts;
    this.limited = new BackgroundLoad({ url, ...LIMITED });
    this.unlimited = new BackgroundLoad({ url, ...UNLIMITED });
  }

  /** The load, on new connections, spread over all gateways; resolves when the limit is used up. */
  async calm(): Promise<void> {
    await Promise.all([this.limited.stop(), this.unlimited.stop()]);
    this.limited.start();
    this.unlimited.start();
    await wait(WARM_UP_MS);
  }

  /** @param count of databases, each with the first gateways */
  async #register(count: number): Promise<void> {
    for (const { adminUrl } of this.fleet.gateways.slice(0, count)) {
      for (const [clientId, limit] of [
        [LIMITED.clientId, LIMIT],
        [UNLIMITED.clientId, PLENTY],
      ] as const) {
        const body = { client_id: clientId, capacity: limit.capacity, rate_per_second: limit.ratePerSecond };
        const { status, body: answer } = await new AdminClient(adminUrl).call('POST', '/v1/api/clients', body);
        if (status !== 201) throw new Error(`the client ${clientId} cannot be registered: ${answer}`);
      }
    }
  }
}
