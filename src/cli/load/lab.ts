/** `sluice load --lab`: three sample backends and a gateway in front of them, each a process of its own, for one run. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BackendProcess } from '../lab/backend-process.ts';
import { GatewayProcess } from '../lab/gateway-process.ts';

export interface LoadLab {
  readonly url: string;
  readonly adminUrl: string;
  close(): Promise<void>;
}

export async function startLab(backendCount = 3): Promise<LoadLab> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-load-'));
  const closing: (() => unknown)[] = [() => rmSync(folder, { recursive: true, force: true, maxRetries: 3 })];
  const close = async (): Promise<void> => {
    for (const step of closing.toReversed()) await step();
  };
  try {
    const urls: string[] = [];
    for (let at = 1; at <= backendCount; at += 1) {
      const backend = await BackendProcess.start(at);
      closing.push(() => backend.stop());
      urls.push(backend.url);
    }
    const file = join(folder, 'sluice.yaml');
    writeFileSync(file, labText(urls, join(folder, 'data')));
    const gateway = await GatewayProcess.start(file);
    closing.push(() => gateway.stop());
    return { url: gateway.trafficUrl, adminUrl: gateway.adminUrl, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** As shipped, but round-robin, and with times short enough to wait for. YAML reads JSON. */
function labText(urls: readonly string[], dataDir: string): string {
  return JSON.stringify({
    server: { host: '127.0.0.1', port: 0, drain_delay: '0s', drain_timeout: '1s' },
    admin: { host: '127.0.0.1', port: 0 },
    database: { data_dir: dataDir },
    log: { format: 'json', access: { enabled: false } },
    pools: {
      default: { algorithm: 'round-robin', backends: urls.map((url, at) => ({ url, id: `replica-${at + 1}` })) },
    },
    health_check: { interval: '1s', fast_interval: '500ms', timeout: '400ms' },
    circuit_breaker: { open: '2s' },
    passive_health: { eject: '2s' },
  });
}
