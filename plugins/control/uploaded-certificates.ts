/** The certificates that operators upload: stored in the database, and served by all gateways that share it. */
import type { FastifyInstance } from 'fastify';
import fp from 'fastify-plugin';
import type { Logger } from 'pino';
import { type KeyCipherPort, UploadKeeper } from '../../src/certificates/control/upload-keeper.ts';
import type { Settings } from '../../src/config/settings.ts';
import { repeat } from '../../src/runtime/repeat.ts';

declare module 'fastify' {
  interface FastifyInstance {
    readonly uploadedCertificates: UploadKeeper;
  }
}

/** Interval between checks of dates. */
const LOOK_MS = 1000;

export interface UploadedCertificatesOptions {
  readonly settings: Settings;
  readonly log: Logger;
}

async function uploads(app: FastifyInstance, options: UploadedCertificatesOptions): Promise<void> {
  const { settings, log } = options;
  const { automaticCertificates: automatic, certificates } = app;
  const openCipher = async (): Promise<KeyCipherPort> => {
    const [{ KeyCipher }, { storageKey }] = await Promise.all([
      import('../../src/acme/control/key-cipher.ts'),
      import('../../src/acme/control/storage-key.ts'),
    ]);
    return new KeyCipher(storageKey(settings.tls?.storageKey ?? null, settings.database.dataDir));
  };
  let cipher: Promise<KeyCipherPort> | undefined;
  const keeper = new UploadKeeper({
    cipher: async () => {
      cipher ??= openCipher();
      // The next attempt may succeed: there is room on the disk again, or the file has been repaired.
      return cipher.catch((error: unknown) => {
        cipher = undefined;
        throw error;
      });
    },
    // Without describing ten thousand of them.
    configured: () => [
      ...certificates.served.map(({ hosts }) => ({ hosts, state: 'ok' as const })),
      // Names that clients ask for are free: what an operator uploads takes precedence.
      ...automatic.list().filter(({ source }) => source !== 'on_demand'),
    ],
    log,
    wallMs: Date.now,
    onEvent: (severity, host, message) => {
      app.events.append({ kind: 'certificate', severity, subject: host, message });
    },
  });
  app.decorate('uploadedCertificates', keeper);
  app.addHook('onReady', async () => {
    const endLooks = repeat(() => keeper.look(), LOOK_MS);
    app.addHook('onClose', endLooks);
  });
}

export default fp(uploads, { name: 'uploaded-certificates', dependencies: ['automatic-certificates', 'certificates'] });
