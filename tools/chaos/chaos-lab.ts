/** A gateway of its own with three backends and a load, each a separate process, everything on loopback. */
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { AdminClient } from './admin-client.ts';
import { BackendProcess } from '../../src/cli/lab/backend-process.ts';
import { BackgroundLoad } from './background-load.ts';
import { GatewayProcess } from '../../src/cli/lab/gateway-process.ts';
import { labConfig } from './lab-config.ts';
import { type SmallDisk, smallDisk } from './small-disk.ts';
import type { Calm } from './chaos-tally.ts';
import { until } from './until.ts';

/** The unlimited client. */
export const LOAD_CLIENT = 'chaos-load';
export const CONNECTIONS = 32;
const EVERY_MS = 60;
const WARM_UP_MS = 2000;
const LARGE_BODIES = 16;
/** On a shared machine, an answer may take this long without anything being wrong, ms. */
const CALM_P95_MS = 500;
/** Of an unlimited client. */
const PLENTY = 1e6;

/** A backend that has had this many is in use again. */
const MIN_REQUESTS = 5;

export type RequestCounts = ReadonlyMap<string, number>;

export class Lab {
  readonly gateway: GatewayProcess;
  readonly backends: readonly BackendProcess[];
  readonly disk: SmallDisk;
  /** Of the embedded database. */
  readonly databaseFile: string;
  readonly admin: AdminClient;
  readonly load: BackgroundLoad;
  /** Measured by the warm-up. */
  #calm: Calm = { minPerSecond: 1, p95Ms: CALM_P95_MS };
  readonly #configFile: string;
  readonly #writeConfig: (weight: number) => void;
  readonly #closing: (() => unknown)[];

  /** @param databaseUrl empty: the embedded database */
  static async start(databaseUrl = ''): Promise<Lab> {
    const closing: (() => unknown)[] = [];
    try {
      const lab = await Lab.#build(databaseUrl, closing);
      await lab.#warmUp();
      return lab;
    } catch (error) {
      await closeAll(closing);
      throw error;
    }
  }

  static async #build(databaseUrl: string, closing: (() => unknown)[]): Promise<Lab> {
    const folder = mkdtempSync(join(tmpdir(), 'sluice-chaos-'));
    closing.push(() => rmSync(folder, { recursive: true, force: true }));
    const dataDir = join(folder, 'data');
    const disk = smallDisk(dataDir);
    closing.push(() => disk.close());
    const backends: BackendProcess[] = [];
    for (let count = 0; count < 3; count += 1) {
      const backend = await BackendProcess.start();
      closing.push(() => backend.stop());
      backends.push(backend);
    }
    const configFile = join(folder, 'sluice.yaml');
    const urls = backends.map(({ url }) => url);
    const writeConfig = (weight: number): void =>
      replaceFile(configFile, labConfig({ backends: urls, dataDir, databaseUrl, weight }));
    writeConfig(1);
    const gateway = await GatewayProcess.start(configFile);
    closing.push(() => gateway.stop());
    const databaseFile = join(dataDir, 'sluice.db');
    return new Lab({ gateway, backends, disk, databaseFile, configFile, writeConfig, closing });
  }

  private constructor(parts: {
    gateway: GatewayProcess;
    backends: readonly BackendProcess[];
    disk: SmallDisk;
    databaseFile: string;
    configFile: string;
    writeConfig: (weight: number) => void;
    closing: (() => unknown)[];
  }) {
    this.gateway = parts.gateway;
    this.backends = parts.backends;
    this.disk = parts.disk;
    this.databaseFile = parts.databaseFile;
    this.#configFile = parts.configFile;
    this.#writeConfig = parts.writeConfig;
    this.#closing = parts.closing;
    this.admin = new AdminClient(this.gateway.adminUrl);
    const url = this.gateway.trafficUrl;
    this.load = new BackgroundLoad({ url, clientId: LOAD_CLIENT, connections: CONNECTIONS, everyMs: EVERY_MS });
    this.#closing.push(() => this.load.stop());
  }

  /** A client with limits of its own, by X-Client-ID. */
  async register(clientId: string, capacity: number, ratePerSecond: number): Promise<void> {
    const body = { client_id: clientId, capacity, rate_per_second: ratePerSecond };
    const { status, body: answer } = await this.admin.call('POST', '/v1/api/clients', body);
    if (status !== 201 && status !== 409) throw new Error(`the client ${clientId} cannot be registered: ${answer}`);
  }

  /** The file only: the gateway decides when to read it. */
  changeConfig(weight: number): void {
    this.#writeConfig(weight);
  }

  breakConfig(): void {
    replaceFile(this.#configFile, 'pools: { default: { backends: [{ url: nonsense }] } }\n');
  }

  /** A second without failures since `fromMs`, and every backend in use. */
  async isCalm(fromMs: number, counts: RequestCounts = new Map()): Promise<boolean> {
    if (!this.load.tally.isCalm(fromMs, performance.now(), this.#calm)) return false;
    return (await this.outOfUse(counts)).length === 0;
  }

  /** A sentence for each backend that is not fully in use: not available, or without a request since `counts`. */
  async outOfUse(counts: RequestCounts): Promise<readonly string[]> {
    return (await this.admin.backends()).flatMap(({ id, available, reason, circuit, requests_total: total }) => {
      if (!available || circuit !== 'closed')
        return `${id} is not in use: ${reason ?? 'available'}, circuit ${circuit}`;
      return total - (counts.get(id) ?? 0) < MIN_REQUESTS ? `${id} is available and gets no requests` : [];
    });
  }

  /** By backend, since the start. */
  async requestCounts(): Promise<RequestCounts> {
    return new Map((await this.admin.backends()).map(({ id, requests_total: total }) => [id, total]));
  }

  /** Calm from the clients' point of view, whatever the backends' state. */
  hasNoFailures(): boolean {
    const nowMs = performance.now();
    return this.load.tally.isCalm(0, nowMs, this.#calm);
  }

  async close(): Promise<void> {
    await closeAll(this.#closing);
  }

  async #warmUp(): Promise<void> {
    await this.register(LOAD_CLIENT, PLENTY, PLENTY);
    // V8's young generation grows once, with the first large bodies: that is not caused by the fault.
    const bodies = Array.from({ length: LARGE_BODIES }, () => takeLargeBody(this.gateway.trafficUrl));
    await Promise.all(bodies);
    this.load.start();
    await wait(WARM_UP_MS);
    const nowMs = performance.now();
    const { sent, p95Ms } = this.load.tally.totals(nowMs - WARM_UP_MS / 2, nowMs);
    this.#calm = {
      minPerSecond: (sent / (WARM_UP_MS / 2000)) * 0.25,
      p95Ms: Math.max(CALM_P95_MS, 10 * p95Ms),
    };
    if (!(await until(() => this.isCalm(nowMs), 20_000))) {
      const { failures } = this.load.tally.totals(nowMs, performance.now());
      throw new Error(`no calm before the first fault: ${JSON.stringify([...failures])}`);
    }
  }
}

async function closeAll(closing: (() => unknown)[]): Promise<void> {
  for (const close of closing.splice(0).reverse()) await close();
}

async function takeLargeBody(url: string): Promise<void> {
  const { body } = await fetch(`${url}/bytes/20000000`, { headers: { 'x-client-id': LOAD_CLIENT } });
  for await (const _ of body!);
}

/** Written in one step: nobody reads half of it. */
function replaceFile(path: string, text: string): void {
  writeFileSync(`${path}.new`, text);
  renameSync(`${path}.new`, path);
}
