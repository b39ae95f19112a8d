/** Reads the configuration again: by signal, by the API, and when its file changes. */
import type { FastifyInstance } from 'fastify';
import fp from 'fastify-plugin';
import type { Logger } from 'pino';
import type { ConfigSource } from '../../src/config/file/source.ts';
import type { Settings } from '../../src/config/settings.ts';
import { reloadEvents } from '../../src/gateway/control/gateway-events.ts';
import { type ConfigWatch, watchConfig } from '../../src/reload/control/config-watcher.ts';
import { Reloader } from '../../src/reload/control/reloader.ts';

declare module 'fastify' {
  interface FastifyInstance {
    readonly reloader: Reloader;
  }
}

export interface ReloadOptions {
  /** Null: there is no reload. */
  readonly source: ConfigSource | null;
  /** Adapts settings to this platform. */
  readonly adapt: (settings: Settings) => Settings;
  readonly log: Logger;
}

async function reload(app: FastifyInstance, { source, adapt, log }: ReloadOptions): Promise<void> {
  const { backendRegistry, events, fleet, live } = app;
  const onReload = reloadEvents(events);
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
      // Others compare theirs with it.
      void fleet.round();
    },
    wallMs: Date.now,
  });
  app.decorate('reloader', reloader);
  if (source?.file === undefined) return;
  let watch: ConfigWatch | undefined;
  source.onRead(() => watch?.update());
  app.addHook('onReady', async () => {
    watch = watchConfig({
      paths: () => source.paths,
      hasChanged: () => source.hasChanged(),
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
