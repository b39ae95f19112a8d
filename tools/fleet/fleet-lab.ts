/** Gateways of this machine that share their limits by a Redis of this run, with a backend, each a process of its own. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BackendProcess } from '../../src/cli/lab/backend-process.ts';
import { GatewayProcess } from '../../src/cli/lab/gateway-process.ts';
import type { Static } from '@sinclair/typebox';
import type { SharingView } from '../../src/limits/api/limits-view.ts';
import { AdminClient } from '../chaos/admin-client.ts';
import { type PostgresServer, startPostgres } from '../chaos/postgres-server.ts';
import { until } from '../chaos/until.ts';
import { REDIS_MISSING, RedisProcess } from './redis-process.ts';

/** How a gateway shares its limits. */
type Sharing = Static<typeof SharingView>;

export interface FleetLabOptions {
  /** Number of gateways. */
  readonly count: number;
  readonly backends: number;
  /** Sections of the configuration, such as `rate_limit`. */
  readonly config: Readonly<Record<string, unknown>>;
  /** One PostgreSQL for all. False, or not installed: an embedded database for each. */
  readonly hasPostgres: boolean;
  /** Of the gateway with this index. Default: Redis itself. */
  redisUrl?(index: number, redis: RedisProcess): Promise<string>;
}

/** Neither Redis nor Valkey is installed. */
export class RedisMissing extends Error {
  override readonly name = 'RedisMissing';
}

const READY_TIMEOUT_MS = 20_000;

export class FleetLab {
  readonly redis: RedisProcess;
  readonly backends: readonly BackendProcess[];
  /** Undefined: each gateway has an embedded database. */
  readonly postgres: PostgresServer | undefined;
  readonly #configFiles: readonly string[];
  readonly #gateways: GatewayProcess[];
  readonly #closing: (() => unknown)[];

  static async start(options: FleetLabOptions, closing: (() => unknown)[] = []): Promise<FleetLab> {
    try {
      return await FleetLab.#build(options, closing);
    } catch (error) {
      await closeAll(closing);
      throw error;
    }
  }

  static async #build(options: FleetLabOptions, closing: (() => unknown)[]): Promise<FleetLab> {
    const { count, config, redisUrl } = options;
    const redis = await RedisProcess.start();
    if (redis === undefined) throw new RedisMissing(REDIS_MISSING);
    closing.push(() => redis.close());
    const folder = mkdtempSync(join(tmpdir(), 'sluice-fleet-'));
    closing.push(() => rmSync(folder, { recursive: true, force: true }));
    const postgres = options.hasPostgres ? await startPostgres().catch(() => undefined) : undefined;
    if (postgres !== undefined) closing.push(() => postgres.destroy());
    const backends: BackendProcess[] = [];
    for (let index = 0; index < options.backends; index += 1) {
      const backend = await BackendProcess.start(index + 1);
      closing.push(() => backend.stop());
      backends.push(backend);
    }
    const configFiles: string[] = [];
    for (let index = 0; index < count; index += 1) {
      const name = gatewayName(index);
      const file = join(folder, `${name}.json`);
      const settings = {
        // The client of a request is X-Forwarded-For.
        server: { host: '127.0.0.1', port: 0, threads: 1, trust_proxy: ['127.0.0.1'], drain_delay: '0s' },
        admin: { host: '127.0.0.1', port: 0 },
        database: { data_dir: join(folder, name), ...(postgres === undefined ? {} : { url: postgres.url }) },
        fleet: { name },
        log: { format: 'json', access: { enabled: false } },
        redis: { url: (await redisUrl?.(index, redis)) ?? redis.url },
        pools: { default: { backends: backends.map(({ url }) => ({ url })) } },
        ...config,
      };
      writeFileSync(file, JSON.stringify(settings, null, 2));
      configFiles.push(file);
    }
    const gateways: GatewayProcess[] = [];
    const lab = new FleetLab({ redis, backends, postgres, configFiles, gateways, closing });
    closing.push(() => Promise.all(gateways.map((gateway) => gateway.stop())));
    // The first one creates the tables. Each that starts is closed, even if another one cannot.
    gateways.push(await GatewayProcess.start(configFiles[0]!));
    const others = await Promise.allSettled(configFiles.slice(1).map((file) => GatewayProcess.start(file)));
    for (const other of others) if (other.status === 'fulfilled') gateways.push(other.value);
    for (const other of others) if (other.status === 'rejected') throw other.reason;
    await lab.mustBecome('shared');
    return lab;
  }

  private constructor(parts: {
    redis: RedisProcess;
    backends: readonly BackendProcess[];
    postgres: PostgresServer | undefined;
    configFiles: readonly string[];
    gateways: GatewayProcess[];
    closing: (() => unknown)[];
  }) {
    this.redis = parts.redis;
    this.backends = parts.backends;
    this.postgres = parts.postgres;
    this.#configFiles = parts.configFiles;
    this.#gateways = parts.gateways;
    this.#closing = parts.closing;
  }

  get gateways(): readonly GatewayProcess[] {
    return this.#gateways;
  }

  /** Starts this gateway again, which has ended, with the same configuration, on other ports. */
  async restart(index: number): Promise<void> {
    this.#gateways[index] = await GatewayProcess.start(this.#configFiles[index]!);
  }

  /** How this gateway shares its limits. */
  async sharing(index: number): Promise<Sharing> {
    const { body } = await new AdminClient(this.#gateways[index]!.adminUrl).call('GET', '/v1/api/limits');
    const { shared } = JSON.parse(body) as { readonly shared: Sharing | null };
    if (shared === null) throw new Error(`${gatewayName(index)} shares no limits`);
    return shared;
  }

  /** @param indexes of gateways; `shared` is also that they know of each other. */
  become(mode: Sharing['mode'], indexes: readonly number[] = [...this.#gateways.keys()]): Promise<boolean> {
    return until(async () => {
      const all = await Promise.all(indexes.map((index) => this.sharing(index)));
      return all.every(
        (sharing) => sharing.mode === mode && (mode !== 'shared' || sharing.gateways === this.#gateways.length),
      );
    }, READY_TIMEOUT_MS);
  }

  async mustBecome(mode: Sharing['mode']): Promise<void> {
    if (!(await this.become(mode))) throw new Error(`not all gateways became ${mode} within ${READY_TIMEOUT_MS} ms`);
  }

  async close(): Promise<void> {
    await closeAll(this.#closing);
  }
}

export function gatewayName(index: number): string {
  return `gateway-${index + 1}`;
}

export async function closeAll(closing: (() => unknown)[]): Promise<void> {
  for (const close of closing.splice(0).reverse()) await close();
}
