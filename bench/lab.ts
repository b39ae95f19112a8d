/**
 * The measurement environment: backends on one core, the measured process on another, everything ended and deleted at
 * the end. Only loopback.
 */
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { BODY, backendCommand } from './backend.ts';
import { applyLoad, type LoadOptions, type LoadResult } from './load.ts';
import { findVersion, usableCores } from './machine.ts';
import type { Peer } from './peers.ts';
import { cpuMicros, end, start, type Running, settled } from './processes.ts';

/** A peer that does not answer within this time is left out, ms. */
const START_TIMEOUT_MS = 20_000;

export interface Contestant {
  readonly peer: Peer;
  readonly running: Running;
  readonly url: string;
  readonly adminPort: number;
}

/** The core that a program is pinned to. */
export type Core = number | 'any';

export interface Cost extends LoadResult {
  /** Of the measured process, user and system. */
  readonly cpuMicrosPerRequest: number;
}

export class Lab {
  /** Addresses of the three backends, `127.0.0.1:PORT`, all answering the same. */
  backends: readonly string[] = [];
  /** Three more, for HTTP/2 without TLS. */
  grpcBackends: readonly string[] = [];
  readonly gatewayCore: number | undefined;
  readonly loadCore: number | undefined;
  readonly hasH2load = findVersion('h2load', ['--version']) !== undefined;
  readonly hasWrk = findVersion('wrk', ['-v']) !== undefined;
  readonly #folder = mkdtempSync(join(tmpdir(), 'sluice-bench-'));
  readonly #root = fileURLToPath(new URL('../', import.meta.url));
  readonly #started: Running[] = [];

  constructor() {
    const cores = usableCores();
    // nginx reads its files as nobody.
    chmodSync(this.#folder, 0o755);
    [this.gatewayCore, this.loadCore] = cores.length >= 2 ? cores : [];
  }

  /** A folder of its own, deleted with the lab. */
  folder(name: string): string {
    const own = join(this.#folder, name);
    mkdirSync(own, { mode: 0o755, recursive: true });
    return own;
  }

  async startBackends(): Promise<void> {
    const all = await freePorts(6);
    const [ports, h2c] = [all.slice(0, 3), all.slice(3)];
    const command = backendCommand(
      this.folder('backend'),
      { http1: ports, h2c },
      findVersion('nginx', ['-v']) !== undefined,
    );
    const running = start('backends', command, this.loadCore);
    this.#started.push(running);
    for (const port of ports) {
      const problem = await this.#problemOf(running, `http://127.0.0.1:${port}/`, 200);
      if (problem !== null) throw new Error(`the backends do not run: ${problem}`);
    }
    this.backends = ports.map((port) => `127.0.0.1:${port}`);
    this.grpcBackends = h2c.map((port) => `127.0.0.1:${port}`);
  }

  /**
   * The peer, running and answering; or why it is left out.
   * @param status the expected one.
   */
  async enter(
    peer: Peer,
    core: Core = this.gatewayCore ?? 'any',
    status = 200,
    scheme: 'http' | 'https' = 'http',
  ): Promise<Contestant | string> {
    const [port, secondPort] = (await freePorts(2)) as [number, number];
    const folder = this.folder(String(port));
    const { DATABASE_URL: _, SLUICE_CONFIG: __, ...inherited } = process.env;
    // Caddy keeps its state there.
    const env = { ...inherited, XDG_CONFIG_HOME: folder, XDG_DATA_HOME: folder };
    const command = peer.command({ folder, port, secondPort, backends: this.backends });
    const running = start(peer.name, command, core === 'any' ? undefined : core, env);
    this.#started.push(running);
    const url = `${scheme}://127.0.0.1:${port}/`;
    const problem = await this.#problemOf(running, url, status);
    if (problem !== null) return problem;
    await settled(running.pid);
    return { peer, running, url, adminPort: secondPort };
  }

  /** As enter, for a required peer. */
  async require(
    peer: Peer,
    core: Core = this.gatewayCore ?? 'any',
    status = 200,
    scheme: 'http' | 'https' = 'http',
  ): Promise<Contestant> {
    const entered = await this.enter(peer, core, status, scheme);
    if (typeof entered === 'string') throw new Error(`${peer.name}: ${entered}`);
    return entered;
  }

  async leave({ running }: Contestant): Promise<void> {
    await end(running);
  }

  /** One burst of load, and the cost of each of its requests. */
  async measure({ peer, running, url }: Contestant, load: Omit<LoadOptions, 'core' | 'hasWrk'>): Promise<Cost> {
    const before = cpuMicros(running.pid);
    const target = new URL(load.path ?? '/', url).href;
    const result = await applyLoad(target, { core: this.loadCore, hasWrk: this.hasWrk, ...load });
    const cpuMicrosPerRequest = (cpuMicros(running.pid) - before) / result.requests;
    if (result.errors > 0) {
      throw new Error(`${peer.name}: ${result.errors} of ${result.requests} requests failed: nothing to compare`);
    }
    return { ...result, cpuMicrosPerRequest };
  }

  async close(): Promise<void> {
    await Promise.all(this.#started.splice(0).map(end));
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Null if it answers correctly within its time. */
  async #problemOf(running: Running, url: string, status: number): Promise<string | null> {
    const deadline = Date.now() + START_TIMEOUT_MS;
    let problem = 'it did not start';
    while (Date.now() < deadline && !running.hasExited()) {
      try {
        const answer = await ask(url);
        if (answer.status === status && (status !== 200 || answer.body === BODY)) return null;
        problem = `it answered ${answer.status} ${answer.body.slice(0, 80)}`;
      } catch {
        // Not yet.
      }
      await wait(50);
    }
    if (!running.hasExited()) return problem;
    const lines = running.output().trim().split('\n');
    const why = lines.find((line) => line.includes('Error')) ?? lines.at(-1) ?? '';
    // Paths of this machine do not belong in a report.
    return `it ended: ${why.replaceAll(this.#folder, '…').replaceAll(this.#root, '')}`;
  }
}

export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  const ports = servers.map(async (server) => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return (server.address() as AddressInfo).port;
  });
  const found = await Promise.all(ports);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return found;
}

/** Much cheaper than fetch, which would compete with what it waits for. The certificate may be self-signed. */
export function ask(url: string): Promise<{ readonly status: number; readonly body: string }> {
  return new Promise((resolve, reject) => {
    const options = { rejectUnauthorized: false, agent: false, signal: AbortSignal.timeout(2000) } as const;
    const outgoing = (url.startsWith('https:') ? https : http).get(url, options, (answer) => {
      let body = '';
      answer.setEncoding('utf8');
      answer.on('data', (text: string) => (body += text));
      answer.on('error', reject);
      answer.on('end', () => resolve({ status: answer.statusCode!, body }));
    });
    outgoing.on('error', reject);
  });
}
