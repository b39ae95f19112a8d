/** Plugins of the control thread up to `certificates`, as the gateway registers them, on real tables and a real prober. */
import Fastify, { type FastifyInstance } from 'fastify';
import fp from 'fastify-plugin';
import type { TestContext } from 'node:test';
import { pino } from 'pino';
import addresses from '../../plugins/control/addresses.ts';
import authKeys from '../../plugins/control/auth-keys.ts';
import automaticCertificates from '../../plugins/control/automatic-certificates.ts';
import uploadedCertificates from '../../plugins/control/uploaded-certificates.ts';
import certificates from '../../plugins/control/certificates.ts';
import eventLog from '../../plugins/control/event-log.ts';
import health from '../../plugins/control/health.ts';
import otlp from '../../plugins/control/telemetry/otlp.ts';
import snapshots from '../../plugins/control/snapshots.ts';
import tables from '../../plugins/control/tables.ts';
import { loadText } from '../../src/config/load.ts';
import type { Settings } from '../../src/config/settings.ts';

export function controlSettings(yaml: string): Settings {
  return loadText(yaml, 'test.yaml', {}, { host: '127.0.0.1', port: '0', threads: '1' });
}

/** New settings change its level. */
export const silentLog = () => pino({ level: 'silent' }, { write: () => undefined });

/** Not ready yet: more can be registered. */
export function controlPlugins(t: Pick<TestContext, 'after'>, settings: Settings): FastifyInstance {
  const log = silentLog();
  const app = Fastify({ logger: false, pluginTimeout: 0 });
  t.after(() => app.close());
  app.register(tables, { settings });
  app.register(eventLog);
  app.register(addresses, { settings, log });
  app.register(health, { log });
  app.register(snapshots, { settings, log });
  app.register(certificates, { settings, cwd: '/', log });
  app.register(automaticCertificates, { settings, gateway: () => 'test', log });
  app.register(uploadedCertificates, { settings, log });
  app.register(authKeys, { cwd: '/', log });
  app.register(otlp, { name: () => 'test', logTap: null, log });
  return app;
}

/** Tells when it closes: what was registered after it is closed by then, what was before is not. */
export function atClose(app: FastifyInstance, onClose: () => void): void {
  app.register(
    fp(async (instance) => {
      instance.addHook('onClose', async () => onClose());
    }),
  );
}
