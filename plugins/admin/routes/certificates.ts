/** The certificates for clients: lists, uploads, renews and removes them, and shows the root of internal ones. */
import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import fp from 'fastify-plugin';
import { COMMON_ERRORS, errorAnswers } from '../../../src/api/error-schema.ts';
import {
  deleteCertificate,
  rolloverAccountKey,
  uploadCertificate,
} from '../../../src/certificates/api/certificate-routes.ts';
import { CertificatesView, certificatesView, certificateView } from '../../../src/certificates/api/certificate-view.ts';
import type { CertificateReports } from '../../../src/certificates/certificate-report.ts';
import type { CertificateUploads } from '../../../src/certificates/certificate-uploads.ts';
import { GatewayError } from '../../../src/errors.ts';
import { acceptedVersions, entityTag } from '../../../src/net/entity-tag.ts';

export interface CertificatesOptions {
  readonly reports: CertificateReports;
  readonly uploads: CertificateUploads;
}

const PREFIX = '/v1/api/certificates';

const certificates: FastifyPluginAsyncTypebox<CertificatesOptions> = async (app, { reports, uploads }) => {
  app.get(
    PREFIX,
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

  app.post(PREFIX, { config: { role: 'admin' }, schema: uploadCertificate }, async (request, reply) => {
    const { body, headers } = request;
    const { cert_pem: certPem, key_pem: keyPem, hosts = null } = body;
    const accepted = acceptedVersions(headers['if-match']);
    const { report, before, warnings } = await uploads.upload({ certPem, keyPem, hosts }, accepted);
    const view = certificateView(report, Date.now());
    request.audited = { target: view.id, before: before && certificateView(before, Date.now()), after: view };
    reply.header('etag', entityTag(report.version!));
    if (before === null) reply.code(201).header('location', `${PREFIX}/${view.id!}`);
    return { ...view, warnings: [...warnings] };
  });

  app.delete(`${PREFIX}/:id`, { config: { role: 'admin' }, schema: deleteCertificate }, async (request, reply) => {
    const { id } = request.params;
    const removed =
      (await uploads.remove(id, acceptedVersions(request.headers['if-match']))) ?? (await reports.forget(id));
    if (removed === undefined) {
      if (reports.list().some((each) => each.id === id)) throw new GatewayError('GW_CERTIFICATE_IN_FILE');
      const message =
        'No uploaded certificate and none on demand has this id; those of the configuration file are removed there';
      throw new GatewayError('GW_NOT_FOUND', { message });
    }
    request.audited = { target: id, before: certificateView(removed, Date.now()) };
    return reply.code(204).send(null);
  });

  app.post(
    `${PREFIX}/:id/renew`,
    {
      config: { role: 'admin' },
      schema: {
        tags: ['certificates'],
        operationId: 'renewCertificate',
        summary: 'Order a certificate again now',
        description: 'Waits for nothing but the limit of four attempts an hour; the list shows what becomes of it.',
        params: Type.Object({ id: Type.String({ description: 'As in the list', examples: ['www.example.com'] }) }),
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

  app.post(
    '/v1/api/acme/:issuer/rollover',
    { config: { role: 'admin' }, schema: rolloverAccountKey },
    async (request) => {
      const { issuer } = request.params;
      request.audited = { target: issuer };
      return { issuer, account: await reports.changeAccountKey(issuer) };
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

export default fp(certificates, { name: 'certificates', dependencies: ['schemas', 'auth', 'audit'] });
