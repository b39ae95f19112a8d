/** Schemas of the older paths under /api; the OpenAPI document is built from them. */
import { Type } from '@sinclair/typebox';
import { SHOWN_BACKEND } from '../../backends/api/backend.ts';
import { COMMON_ERRORS } from '../../api/error-schema.ts';
import {
  CompatBackend,
  CompatCircuit,
  CompatLimiter,
  CompatMetrics,
  envelope,
  failures,
  healthEnvelope,
} from './compat-api-view.ts';

const tags = ['compat'];
const READ = failures(...COMMON_ERRORS);
const ONE = failures('GW_VALIDATION', 'GW_BACKEND_NOT_FOUND', ...COMMON_ERRORS);
const CHANGE = failures(
  'GW_VALIDATION',
  'GW_BACKEND_NOT_FOUND',
  'GW_UNSUPPORTED_MEDIA_TYPE',
  'GW_DATABASE_UNAVAILABLE',
  ...COMMON_ERRORS,
);
const BackendId = Type.Object({
  id: Type.String({ description: 'As in the list, percent-encoded', examples: [SHOWN_BACKEND] }),
});

export const listBackends = {
  tags,
  operationId: 'compatListBackends',
  summary: 'List backends',
  response: { 200: envelope('All pools', Type.Array(CompatBackend)), ...READ },
};

export const readBackend = {
  tags,
  operationId: 'compatReadBackend',
  summary: 'Read a backend',
  params: BackendId,
  response: { 200: envelope('The current state', CompatBackend), ...ONE },
};

export const changeBackend = {
  tags,
  operationId: 'compatChangeBackend',
  summary: 'Change enabled and weight of a backend',
  params: BackendId,
  body: Type.Object(
    {
      enabled: Type.Optional(Type.Boolean()),
      weight: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000 })),
    },
    { additionalProperties: false, minProperties: 1, examples: [{ enabled: true, weight: 2 }] },
  ),
  response: { 200: envelope('The backend, as applied on every thread', CompatBackend), ...CHANGE },
};

export const actOnBackend = {
  tags,
  operationId: 'compatActOnBackend',
  summary: 'drain, reset_metrics or restart a backend',
  description: 'restart ends draining and closes the circuit.',
  params: BackendId,
  body: Type.Object(
    { action: Type.String() },
    {
      additionalProperties: false,
      'x-examples': {
        drain: { summary: 'No new requests', value: { action: 'drain' } },
        restart: { summary: 'Requests again', value: { action: 'restart' } },
        reset_metrics: { summary: 'Metrics from zero', value: { action: 'reset_metrics' } },
      },
    },
  ),
  response: { 200: envelope('The backend, as applied on every thread', CompatBackend), ...CHANGE },
};

export const listCircuits = {
  tags,
  operationId: 'compatListCircuits',
  summary: 'Circuits by URL of their backend',
  response: {
    200: envelope('By URL, or by id if several pools have the same URL', Type.Record(Type.String(), CompatCircuit)),
    ...READ,
  },
};

export const resetCircuit = {
  tags,
  operationId: 'compatResetCircuit',
  summary: 'Close a circuit',
  params: Type.Object({
    backend: Type.String({ description: 'Id or URL, percent-encoded', examples: [SHOWN_BACKEND] }),
  }),
  response: { 200: envelope('The circuit, now closed', CompatCircuit), ...ONE },
};

export const readLimiter = {
  tags,
  operationId: 'compatReadLimiter',
  summary: 'Read the rate limiter',
  response: { 200: envelope('The current state', CompatLimiter, { status: Type.String() }), ...READ },
};

export const readMetrics = {
  tags,
  operationId: 'compatReadMetrics',
  summary: 'Read totals and backends',
  response: { 200: envelope('The current state', CompatMetrics), ...READ },
};

export const readConfig = {
  tags,
  operationId: 'compatReadConfig',
  summary: 'Read the current configuration, with secrets masked',
  response: {
    200: envelope('In the shape of the file, with all defaults', Type.Object({}, { additionalProperties: true })),
    ...READ,
  },
};

export const readHealth = {
  tags,
  operationId: 'compatReadHealth',
  summary: 'Read how many backends are alive',
  response: { 200: healthEnvelope(), ...READ },
};
