/** Schemas of the routes that change certificates. */
import { Type } from '@sinclair/typebox';

import { BODY_ERRORS, COMMON_ERRORS, errorAnswers } from '../../api/error-schema.ts';
import { CertificateView } from './certificate-view.ts';
import { EXAMPLE_CERTIFICATE, EXAMPLE_KEY } from './example-certificate.ts';

const tags = ['certificates'];

const UploadBody = Type.Object(
  {
    cert_pem: Type.String({ description: 'PEM: the certificate, then its intermediates' }),
    key_pem: Type.String({ description: 'PEM: its private key, without a passphrase; it is in no answer' }),
    hosts: Type.Optional(
      Type.Array(Type.String(), {
        minItems: 1,
        description: 'Names it is served for. Default: all names in the certificate',
      }),
    ),
  },
  { additionalProperties: false, examples: [{ cert_pem: EXAMPLE_CERTIFICATE, key_pem: EXAMPLE_KEY }] },
);

const UploadedView = Type.Object(
  {
    ...CertificateView.properties,
    warnings: Type.Array(Type.String(), { description: 'Why some clients may refuse it; it is served all the same' }),
  },
  { description: 'It is served by all threads' },
);

export const uploadCertificate = {
  operationId: 'uploadCertificate',
  tags,
  summary: 'Upload a certificate',
  description:
    'Stored with an encrypted key, and served at once by all gateways with the same database. It replaces an uploaded ' +
    'one for the same hosts; with If-Match, only if that has not changed since.',
  body: UploadBody,
  response: {
    200: UploadedView,
    201: UploadedView,
    ...errorAnswers(
      ...BODY_ERRORS,
      'GW_CERTIFICATE_EXISTS',
      'GW_CERTIFICATES_NOT_STORED',
      'GW_PRECONDITION_FAILED',
      ...COMMON_ERRORS,
      'GW_DATABASE_UNAVAILABLE',
    ),
  },
};

export const deleteCertificate = {
  operationId: 'deleteCertificate',
  tags,
  summary: 'Remove an uploaded certificate, or one on demand',
  description:
    'With If-Match, only if an uploaded one has not changed since. One on demand is ordered again when a client asks for it.',
  params: Type.Object({ id: Type.String({ description: 'As in the list', examples: ['www.example.com'] }) }),
  response: {
    204: Type.Null({ description: 'No gateway serves it any more' }),
    ...errorAnswers(
      'GW_NOT_FOUND',
      'GW_CERTIFICATE_IN_FILE',
      'GW_PRECONDITION_FAILED',
      ...COMMON_ERRORS,
      'GW_DATABASE_UNAVAILABLE',
    ),
  },
};

export const rolloverAccountKey = {
  operationId: 'rolloverAccountKey',
  tags,
  summary: 'Change the key of the account with an authority',
  description:
    'The authority accepts the new key and no other from then on (RFC 8555, 7.3.5). Not while certificates are being ordered.',
  params: Type.Object({
    issuer: Type.String({ description: 'Its name in the configuration', examples: ['letsencrypt'] }),
  }),
  response: {
    200: Type.Object(
      { issuer: Type.String(), account: Type.String({ description: 'URL of the account at the authority' }) },
      { description: 'It has a new key' },
    ),
    ...errorAnswers('GW_NOT_FOUND', 'GW_ACME_BUSY', 'GW_ACME_FAILED', ...COMMON_ERRORS, 'GW_DATABASE_UNAVAILABLE'),
  },
};
