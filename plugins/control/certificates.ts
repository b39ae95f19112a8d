/** The certificates for clients: read before the threads start, and sent to them whenever they change. */
import type { FastifyInstance } from 'fastify';
import fp from 'fastify-plugin';
import type { Logger } from 'pino';
import { CertificateKeeper } from '../../src/certificates/control/certificate-keeper.ts';
import { repeat } from '../../src/runtime/repeat.ts';
import type { ReadPairs } from '../../src/certificates/read-pair.ts';
import type { Settings } from '../../src/config/settings.ts';

declare module 'fastify' {
  interface FastifyInstance {
    readonly certificates: CertificateKeeper;
  }
}

/** Interval between checks of the files, ms; with many, they take about one percent of a core. */
const LOOK_MS = 500;
const LOOK_MS_EACH = 5;

export interface CertificatesOptions {
  readonly settings: Settings;
  /** Names of files are relative to it. */
  readonly cwd: string;
  /** Read with the settings. */
  readonly pairs?: ReadPairs;
  readonly log: Logger;
}

async function certificates(app: FastifyInstance, { settings, cwd, pairs, log }: CertificatesOptions): Promise<void> {
  const keeper = new CertificateKeeper({
    cwd,
    authorityFolder: settings.database.dataDir,
    log,
    wallMs: Date.now,
    onEvent: (severity, host, message) => {
      app.events.append({ kind: 'certificate', severity, subject: host, message });
    },
  });
  app.decorate('certificates', keeper);
  await keeper.use(keeper.prepare(settings.tls?.certificates ?? [], pairs));
  app.addHook('onReady', async () => {
    const endLooks = repeat(
      () => keeper.look().catch((error: unknown) => log.error({ err: error }, 'certificates cannot be checked')),
      () => Math.max(LOOK_MS, keeper.served.length * LOOK_MS_EACH),
    );
    app.addHook('onClose', endLooks);
  });
}

export default fp(certificates, { name: 'certificates', dependencies: ['event-log'] });
