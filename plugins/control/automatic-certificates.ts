/** The certificates from authorities: stored in the database, ordered and renewed by one gateway, served by all. */
import type { FastifyInstance } from 'fastify';
import fp from 'fastify-plugin';
import type { Logger } from 'pino';
import type { Settings } from '../../src/config/settings.ts';
import { AutomaticCertificates } from '../../src/gateway/control/automatic-certificates.ts';
import { repeat } from '../../src/runtime/repeat.ts';

declare module 'fastify' {
  interface FastifyInstance {
    readonly automaticCertificates: AutomaticCertificates;
  }
}

/** Interval between checks of what is due. */
const LOOK_MS = 1000;

export interface AutomaticCertificatesOptions {
  readonly settings: Settings;
  /** Of this gateway, in a shared database. */
  readonly gateway: () => string;
  readonly log: Logger;
}

async function automaticCertificates(app: FastifyInstance, options: AutomaticCertificatesOptions): Promise<void> {
  const { settings, gateway, log } = options;
  const automatic = new AutomaticCertificates({
    keyFolder: settings.database.dataDir,
    gateway,
    log,
    wallMs: Date.now,
    random: Math.random,
    onEvent: (severity, host, message) => {
      app.events.append({ kind: 'certificate', severity, subject: host, message });
    },
  });
  app.decorate('automaticCertificates', automatic);
  // Authorities validate names on ports that are open by then.
  app.addHook('onReady', async () => {
    const endLooks = repeat(
      () => automatic.look().catch((error: unknown) => log.error({ err: error }, 'certificates cannot be checked')),
      LOOK_MS,
    );
    app.addHook('onClose', endLooks);
  });
  app.addHook('onClose', () => automatic.stop());
}

export default fp(automaticCertificates, { name: 'automatic-certificates', dependencies: ['event-log'] });
