/** Reads the configuration again: by signal, by the API, and when its file changes. Keeps its versions, and watches changes. */
import type { FastifyInstance } from 'fastify';
import fp from 'fastify-plugin';
import type { Logger } from 'pino';
import type { ConfigSource } from '../../src/config/file/source.ts';
import type { Settings } from '../../src/config/settings.ts';
import { reloadEvents, watchEvents } from '../../src/gateway/control/gateway-events.ts';
import { type ConfigWatch, watchConfig } from '../../src/reload/control/config-watcher.ts';
import { ContentWatch } from '../../src/reload/control/content-watch.ts';
import { GuardedConfiguration } from '../../src/reload/control/guarded-configuration.ts';
import { KeptVersions } from '../../src/reload/control/kept-versions.ts';
import { Reloader } from '../../src/reload/control/reloader.ts';
import { SAMPLE_MS, TrafficSamples } from '../../src/reload/control/traffic-samples.ts';
import { versionsFolder } from '../../src/reload/control/versions-folder.ts';
import { repeat } from '../../src/runtime/repeat.ts';

declare module 'fastify' {
  interface FastifyInstance {
    readonly reloader: Reloader;
    /** The same with versions, plans and watches, for operators. */
    readonly configuration: GuardedConfiguration;
  }
}

export interface ReloadOptions {
  /** At start: name and data folder. */
  readonly settings: Settings;
  /** Null: there is no reload. */
  readonly source: ConfigSource | null;
  /** Adapts settings to this platform. */
  readonly adapt: (settings: Settings) => Settings;
  readonly log: Logger;
}

async function reload(app: FastifyInstance, { settings, source, adapt, log }: ReloadOptions): Promise<void> {
  const { backendRegistry, events, fleet, live, tables } = app;
  const onReload = reloadEvents(events);
  let watch: ConfigWatch | undefined;
  const reloader = new Reloader({
    source,
    fileSettings: () => backendRegistry.fileSettings,
    current: () => live.settings,
    overlay: () => backendRegistry.overlay(),
    version: () => live.snapshot.version,
    adapt,
    apply: (wanted) => backendRegistry.applyFile(wanted),
    log,
    onReload: (outcome) => {
      onReload(outcome);
      // Routes may answer with other files now.
      watch?.update();
      // Others compare theirs with it.
      void fleet.round();
    },
    onAccepted: (accepted) => configuration.accepted(accepted),
    wallMs: Date.now,
  });
  const routes = (): readonly { readonly name: string; readonly index: number }[] =>
    live.snapshot.routes.map(({ settings: { name }, index }) => ({ name, index }));
  const samples = new TrafficSamples({ metrics: tables.metrics, routes, nowMs: tables.clock.nowMs });
  const configuration = new GuardedConfiguration({
    reloader,
    source,
    versions: new KeptVersions({ folder: versionsFolder(settings), log, wallMs: Date.now }),
    samples,
    routes: () => routes().map(({ name }) => name),
    wallMs: Date.now,
    onWatchEnd: watchEvents(events, log),
  });
  app.decorate('reloader', reloader);
  app.decorate('configuration', configuration);
  const endSamples = repeat(() => samples.take(), SAMPLE_MS);
  app.addHook('onClose', async () => {
    configuration.close();
    await endSamples();
  });
  if (source?.file === undefined) return;
  const contents = new ContentWatch({ cwd: source.cwd, settings: () => backendRegistry.fileSettings });
  source.onRead(() => watch?.update());
  app.addHook('onReady', async () => {
    watch = watchConfig({
      paths: () => [...source.paths, ...contents.paths()],
      hasChanged: () => [source.hasChanged(), contents.hasChanged()].includes(true),
      onChange: () => {
        // The reason is in the log.
        if (live.settings.reload.watch) reloader.reload('file').catch(() => {});
      },
    });
  });
  app.addHook('onClose', async () => {
    watch?.end();
    watch = undefined;
  });
}

export default fp(reload, { name: 'reload', dependencies: ['fleet'] });
