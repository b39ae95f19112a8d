/** A whole gateway, control thread and traffic threads, in the test's process, on free ports, from a piece of YAML. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Worker } from 'node:worker_threads';
import { pino } from 'pino';
import { configSource } from '../../src/config/file/source.ts';
import { startGateway, type Gateway } from '../../src/gateway/control/gateway.ts';
import type { Database } from '../../src/database/database-port.ts';
import type { LogTarget } from '../../src/runtime/log-sink.ts';
import { fakeDatabase } from './admin-app.ts';
import { httpRequest, type HttpAnswer, type HttpRequest } from './http-request.ts';
import { MemoryClientStore } from './memory-client-store.ts';

export interface TestGateway extends Gateway {
  /** The file it runs on. */
  readonly file: string;
  /** Lines of the control thread's log. */
  readonly log: readonly Record<string, unknown>[];
  /** The workers of the traffic threads so far, in the order in which they were started. */
  readonly workers: readonly Worker[];
  /** Rewrites the file. */
  write(yaml: string): void;
  /** A request to the admin port; an object as body is sent as JSON. */
  admin(path: string, options?: Omit<HttpRequest, 'body'> & { readonly body?: object }): Promise<HttpAnswer>;
}

export interface TestGatewayOptions {
  readonly threads?: number;
  /** Public port; 0, the default: any free one. */
  readonly port?: number;
  /** Default: one in memory. */
  readonly database?: Database;
  /** Of the traffic threads. Default: standard output. */
  readonly logTarget?: LogTarget;
}

/** Without drain delay, active checks, a file watch and access log, unless the YAML says otherwise. Stopped after the test. */
export async function startTestGateway(
  t: Pick<TestContext, 'after'>,
  yaml: string,
  options: TestGatewayOptions = {},
): Promise<TestGateway> {
  const { threads = 2, port = 0, database = fakeDatabase(new MemoryClientStore()), ...more } = options;
  const folder = mkdtempSync(join(tmpdir(), 'sluice-gateway-'));
  const file = join(folder, 'sluice.yaml');
  const write = (text: string): void => writeFileSync(file, withCalm(text));
  write(yaml);
  const flags = { host: '127.0.0.1', port: String(port), adminPort: '0', threads: String(threads), dataDir: folder };
  const source = configSource({ file, cwd: folder, env: {}, flags });
  const log: Record<string, unknown>[] = [];
  const logger = pino({ level: 'debug' }, { write: (line: string) => void log.push(JSON.parse(line)) });
  const workers: Worker[] = [];
  const onWorker = (worker: Worker): void => {
    if (worker.threadName?.startsWith('traffic-') === true) workers.push(worker);
  };
  process.on('worker', onWorker);
  const gateway = await startGateway(await source.read(), { log: logger, source, database, ...more });
  t.after(async () => {
    await gateway.stop();
    process.off('worker', onWorker);
    rmSync(folder, { recursive: true, force: true });
  });
  return {
    ...gateway,
    file,
    log,
    workers,
    write,
    admin: (path, { body, headers = {}, ...more } = {}) =>
      httpRequest(gateway.adminUrl + path, {
        ...more,
        headers: body === undefined ? headers : { 'content-type': 'application/json', ...headers },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
  };
}

/** One pool named default of these backends; more YAML can follow. */
export function gatewayYaml(urls: readonly string[], more = ''): string {
  const backends = urls.map((url, at) => `      - { url: "${url}", id: b${at} }`).join('\n');
  return `pools:\n  default:\n    backends:\n${backends}\n${more}`;
}

function withCalm(yaml: string): string {
  const calm = {
    health_check: 'health_check: { enabled: false }',
    server: 'server: { drain_delay: 0s }',
    log: 'log: { level: info, access: { enabled: false } }',
    reload: 'reload: { watch: false }',
  };
  const missing = Object.entries(calm).filter(([key]) => !new RegExp(`^${key}:`, 'm').test(yaml));
  return [...missing.map(([, line]) => line), yaml].join('\n');
}
