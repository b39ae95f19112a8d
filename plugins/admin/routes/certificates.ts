/** Lists the certificates for clients, renews those of authorities, and shows the root of those that this gateway issues. */
import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import fp from 'fastify-plugin';
import { COMMON_ERRORS, errorAnswers } from '../../../src/api/error-schema.ts';
import { CertificatesView, certificatesView } from '../../../src/certificates/api/certificate-view.ts';
import type { CertificateReports } from '../../../src/certificates/certificate-report.ts';
import { GatewayError } from '../../../src/errors.ts';

export interface CertificatesOptions {
  readonly reports: CertificateReports;
}

const certificates: FastifyPluginAsyncTypebox<CertificatesOptions> = async (app, { reports }) => {
  app.get(
    '/v1/api/certificates',
    {
      schema: {
        tags: ['certificates'],
        operationId: 'listCertificates',
        summary: 'List the certificates for clients',
        response: { 200: CertificatesView, ...errorAnswers(...COMMON_ERRORS) },
      },
    },
    async () => certificatesView(reports.list(), Date.now()),
  );

  app.post(
    '/v1/api/certificates/:id/renew',
    {
      config: { role: 'admin' },
      schema: {
        tags: ['certificates'],
        operationId: 'renewCertificate',
        summary: 'Order a certificate again now',
        description: 'Waits for nothing but the limit of four attempts an hour; the list shows what becomes of it.',
        params: Type.Object({ id: Type.String({ description: 'As in the list' }) }),
        response: {
          202: Type.Null({ description: 'It will be ordered' }),
          ...errorAnswers('GW_NOT_FOUND', ...COMMON_ERRORS),
        },
      },
    },
    async ({ params }, reply) => {
      const isThere = await reports.renew(params.id);
      if (!isThere) throw new GatewayError('GW_NOT_FOUND', { message: 'No certificate of an authority has this id' });
      return reply.code(202).send(null);
    },
  );

  app.get(
    '/v1/api/tls/root.pem',
    {
      schema: {
        tags: ['certificates'],
        operationId: 'getInternalRoot',
        summary: 'Read the root of internal certificates',
        response: {
          200: { description: 'PEM', content: { 'application/x-pem-file': { schema: Type.String() } } },
          ...errorAnswers('GW_NOT_FOUND', ...COMMON_ERRORS),
        },
      },
    },
    async (_request, reply) => {
      const pem = reports.rootPem();
      if (pem === null) throw new GatewayError('GW_NOT_FOUND', { message: 'No certificate is internal' });
      return reply.type('application/x-pem-file').send(pem);
    },
  );
};

export default fp(certificates, { name: 'certificates', dependencies: ['schemas', 'auth'] });
