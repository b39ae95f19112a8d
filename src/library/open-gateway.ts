/** Starts a gateway in the process of a program: create-gateway.ts is its face. */
import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ObjectReader } from '../config/code/object-reader.ts';
import { ConfigError } from '../config/file/problem.ts';
import { configSource, type ConfigSource } from '../config/file/source.ts';
import type { Flags } from '../config/flags.ts';
import { environment } from '../config/file/process-environment.ts';
import type { Settings } from '../config/settings.ts';
import { type Gateway, startGateway } from '../gateway/control/gateway.ts';
import { createLogger } from '../gateway/logging.ts';
import { loggedName } from '../fleet/gateway-name.ts';
import { workerLogTarget } from '../runtime/log-sink.ts';
import { GatewayStartError } from './create-gateway.ts';
import type {
  AdminRequest,
  CreateGatewayOptions,
  EmbeddedGateway,
  GatewayReload,
  StartFailure,
} from './embedded-gateway.ts';
import { lineTaker } from './log-lines.ts';

/** See create-gateway.ts. */
export async function openGateway(options: CreateGatewayOptions): Promise<EmbeddedGateway> {
  const { config, file, logger, cwd = process.cwd() } = options;
  if ((config === undefined) === (file === undefined)) throw new TypeError('give either config or file');
  const isInMemory = (options.database ?? defaultDatabase(config)) === 'memory';
  const reader = config === undefined ? undefined : new ObjectReader(config);
  const source = configSource(
    {
      cwd,
      env: options.env ?? (config === undefined ? environment() : {}),
      flags: flagsOf(options),
      ...(file === undefined ? {} : { file }),
    },
    reader === undefined ? {} : { reader, readOnly: 'The configuration is an object of the program' },
  );
  // Nothing creates it unless a certificate needs a key of its own.
  const folder = join(tmpdir(), `sluice-${crypto.randomUUID()}`);
  const adapt = (wanted: Settings): Settings => ({
    ...wanted,
    server: { ...wanted.server, drainDelayMs: 0 },
    ...(isInMemory ? { database: { ...wanted.database, url: null, dataDir: folder } } : {}),
    // The format is the logger's own.
    log: logger === undefined ? silenced(wanted.log) : { ...wanted.log, format: 'json' },
  });
  const settings = adapt(await source.read());
  const take = lineTaker(logger);
  const log = createLogger(settings.log, { name: 'control', gateway: loggedName(settings) }, { write: take });
  const removeFolder = (): void => rmSync(folder, { recursive: true, force: true });
  try {
    const gateway = await startGateway(settings, {
      log,
      logTarget: workerLogTarget(),
      onLogLine: take,
      source,
      inMemory: isInMemory,
      adapt,
    });
    return embedded(gateway, source, reader, removeFolder);
  } catch (error) {
    removeFolder();
    throw startError(error);
  }
}

function embedded(
  gateway: Gateway,
  source: ConfigSource,
  reader: ObjectReader | undefined,
  onClosed: () => void,
): EmbeddedGateway {
  let closing: Promise<void> | undefined;
  /** One after the other: the gateway reads what the latest one gave. */
  let last: Promise<unknown> = Promise.resolve();
  const close = (): Promise<void> => (closing ??= gateway.stop().finally(onClosed));
  return {
    url: gateway.trafficUrl,
    tlsUrl: gateway.tlsUrl,
    adminUrl: gateway.adminUrl,
    get ready() {
      return closing === undefined && gateway.readiness().ready;
    },
    get notReadyReasons() {
      return closing === undefined ? gateway.readiness().reasons : ['stopping'];
    },
    reload: async (config) => {
      if ((config === undefined) !== (reader === undefined)) {
        throw new TypeError(
          reader === undefined ? `the configuration is in ${source.file}: change it there` : 'give the configuration',
        );
      }
      const next = last.then(() => reload(gateway, reader, config));
      last = next.catch(() => {});
      return next;
    },
    admin: async (path, request = {}) => {
      const answer = await gateway.adminRequest(adminRequest(path, request, gateway.settings().admin.token));
      return {
        status: answer.statusCode,
        headers: answer.headers,
        body: answer.body,
        json: <T>() => JSON.parse(answer.body) as T,
      };
    },
    onEvent: (listener) => gateway.events.onEvent(listener),
    close,
    [Symbol.asyncDispose]: close,
  };
}

async function reload(gateway: Gateway, reader: ObjectReader | undefined, config: unknown): Promise<GatewayReload> {
  const takeBack = reader?.replace(config);
  try {
    return await gateway.reload('program');
  } catch (error) {
    takeBack?.();
    const { cause } = error as Error;
    throw cause instanceof ConfigError ? cause : error;
  }
}

function adminRequest(path: string, { method, body, headers }: AdminRequest, token: string | null) {
  return {
    method: method ?? (body === undefined ? 'GET' : 'POST'),
    url: path,
    headers: { ...(token === null ? {} : { authorization: `Bearer ${token}` }), ...headers },
    ...(body === undefined ? {} : { payload: body }),
  } as const;
}

function defaultDatabase(config: CreateGatewayOptions['config']): 'memory' | 'configured' {
  return config !== undefined && config?.database === undefined ? 'memory' : 'configured';
}

function flagsOf({ host, port, adminHost, adminPort, threads }: CreateGatewayOptions): Flags {
  const given = { host, port, adminHost, adminPort, threads };
  return Object.fromEntries(
    Object.entries(given).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]])),
  );
}

function silenced(log: Settings['log']): Settings['log'] {
  return { ...log, level: 'silent', access: { ...log.access, enabled: false } };
}

function startError(error: unknown): GatewayStartError {
  const cause = error instanceof Error ? error : new Error(String(error));
  return new GatewayStartError(failureOf(cause), cause);
}

function failureOf(cause: NodeJS.ErrnoException): StartFailure {
  if (cause.code === 'EADDRINUSE') return 'port_in_use';
  if (cause.code === 'EACCES' || cause.code === 'EADDRNOTAVAIL') return 'cannot_listen';
  return ['CannotOpenDatabase', 'DataFolderLocked'].includes(cause.name) ? 'database' : 'other';
}
