/** The certificates for clients: read before the threads start, and sent to them whenever they change. */
import type { FastifyInstance } from 'fastify';
import fp from 'fastify-plugin';
import type { Logger } from 'pino';
import { CertificateKeeper } from '../../src/certificates/control/certificate-keeper.ts';
import type { Settings } from '../../src/config/settings.ts';

declare module 'fastify' {
  interface FastifyInstance {
    readonly certificates: CertificateKeeper;
  }
}

export interface CertificatesOptions {
  readonly settings: Settings;
  readonly log: Logger;
}

async function certificates(app: FastifyInstance, { settings, log }: CertificatesOptions): Promise<void> {
  const keeper = new CertificateKeeper({ cwd: process.cwd(), log, wallMs: Date.now });
  app.decorate('certificates', keeper);
  await keeper.use(keeper.prepare(settings.tls?.certificates ?? []));
}

export default fp(certificates, { name: 'certificates', dependencies: ['event-log'] });
