/** The configuration as operators change it, over a real file and real counters, without threads. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { pino } from 'pino';
import { configSource, type ConfigSource } from '../../src/config/file/source.ts';
import { replaceFile } from '../../src/config/file/write-file.ts';
import { loadWithReferences, type LoadContext } from '../../src/config/load.ts';
import type { Settings } from '../../src/config/settings.ts';
import type { WatchReport } from '../../src/reload/configuration.ts';
import { GuardedConfiguration } from '../../src/reload/control/guarded-configuration.ts';
import { KeptVersions } from '../../src/reload/control/kept-versions.ts';
import { Reloader } from '../../src/reload/control/reloader.ts';
import { TrafficSamples } from '../../src/reload/control/traffic-samples.ts';
import { allocateMetrics, DURATION_OF, MetricsTable } from '../../src/runtime/metrics-table.ts';

export interface GuardedWorld {
  readonly configuration: GuardedConfiguration;
  readonly reloader: Reloader;
  readonly folder: string;
  /** The configuration file. */
  readonly path: string;
  file(): string;
  edit(text: string): void;
  settings(): Settings;
  /** Requests to a route that ended with this status. */
  send(route: string, count: number, status?: number, durationMs?: number): void;
  readonly logged: readonly string[];
  readonly events: readonly string[];
  readonly ended: readonly WatchReport[];
  /** One look of the running watch: there are no others. */
  look(): void;
}

export interface GuardedOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Of an earlier world: it continues there. Default: a new one. */
  readonly folder?: string;
  /** Called before new settings apply; throws if they cannot. */
  readonly apply?: (settings: Settings) => void;
  /** Of the configuration. Default: `c.yaml`; code needs `inWorker`. */
  readonly fileName?: string;
  /** Loads each text on a thread of its own, as the gateway does. Default: here, which is faster. */
  readonly inWorker?: boolean;
}

const FLAGS = { threads: '1' };

/** @param text of the file; undefined: as it is */
export async function guardedWorld(
  t: Pick<TestContext, 'after'>,
  text: string | undefined,
  { env = {}, apply = () => {}, inWorker = false, fileName = 'c.yaml', ...options }: GuardedOptions = {},
): Promise<GuardedWorld> {
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'sluice-config-'));
  if (options.folder === undefined) t.after(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, fileName);
  if (text !== undefined) writeFileSync(path, text);
  const real = configSource({ file: fileName, cwd: folder, env, flags: FLAGS });
  const source = inWorker ? real : loadedHere(real, path, env);
  const [logged, events, ended]: [string[], string[], WatchReport[]] = [[], [], []];
  const log = pino({ level: 'trace' }, { write: (line: string) => void logged.push(line) });
  let current = await source.read();
  let nowMs = 0;
  let look = (): unknown => undefined;
  const metrics = new MetricsTable(allocateMetrics(1));
  // By the order in which they were first seen: as the gateway, a route keeps its row.
  const rows = new Map<string, number>();
  const rowOf = (name: string): number => {
    if (!rows.has(name)) rows.set(name, rows.size);
    return rows.get(name)!;
  };
  const reloader = new Reloader({
    source,
    fileSettings: () => current,
    current: () => current,
    overlay: () => [],
    version: () => 1,
    adapt: (settings) => settings,
    apply: async (settings) => {
      apply(settings);
      current = settings;
    },
    log,
    onReload: ({ message }) => void events.push(message),
    onAccepted: (accepted) => configuration.accepted(accepted),
    wallMs: Date.now,
  });
  const names = (): readonly string[] => current.routes.map(({ name }) => name);
  const configuration = new GuardedConfiguration({
    reloader,
    source,
    versions: new KeptVersions({ folder: join(folder, 'versions'), log, wallMs: Date.now }),
    samples: new TrafficSamples({
      metrics,
      routes: () => names().map((name) => ({ name, index: rowOf(name) })),
      nowMs: () => (nowMs += 1000),
    }),
    routes: names,
    wallMs: Date.now,
    onWatchEnd: (report) => void ended.push(report),
    repeat: (round) => {
      look = round;
      return async () => undefined;
    },
  });
  t.after(() => configuration.close());
  return {
    configuration,
    reloader,
    folder,
    path,
    file: () => readFileSync(path, 'utf8'),
    edit: (edited) => writeFileSync(path, edited),
    settings: () => current,
    send: (route, count, status = 200, durationMs = 10) => {
      for (let at = 0; at < count; at += 1) {
        metrics.started(0, rowOf(route));
        metrics.ended(0, rowOf(route), status, durationMs, DURATION_OF.forwarded);
      }
    },
    logged,
    events,
    ended,
    look: () => void look(),
  };
}

function loadedHere(source: ConfigSource, path: string, env: Readonly<Record<string, string>>): ConfigSource {
  const load = async (text: string, by: Pick<LoadContext, 'current' | 'onlyFiles'> = {}) =>
    loadWithReferences(text, 'c.yaml', { env, flags: FLAGS, cwd: source.cwd, ...by });
  return {
    ...source,
    get text() {
      return source.text;
    },
    get references() {
      return source.references;
    },
    get readOnly() {
      return source.readOnly;
    },
    readAgain: async () => {
      const text = readFileSync(path, 'utf8');
      return { ...(await load(text)), text };
    },
    readText: (text, current, onlyFiles) => load(text, { current, onlyFiles }),
    readEarlier: (text) => load(text),
    write: async (text, current) => {
      await load(text, current === null ? {} : { current });
      replaceFile(path, text);
    },
  };
}
