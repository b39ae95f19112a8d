/** Lists the certificates for clients. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import fp from 'fastify-plugin';
import { COMMON_ERRORS, errorAnswers } from '../../../src/api/error-schema.ts';
import { CertificatesView, certificatesView } from '../../../src/certificates/api/certificate-view.ts';
import type { CertificateReports } from '../../../src/certificates/certificate-report.ts';

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
};

export default fp(certificates, { name: 'certificates', dependencies: ['schemas', 'auth'] });
