/** Reads backends and their circuits. */
import fp from 'fastify-plugin';
import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { GatewayError } from '../../src/errors.ts';
import { BackendView, backendView } from '../../src/schemas/backend-view.ts';
import { CircuitsView, circuitsView } from '../../src/schemas/circuit-view.ts';
import { COMMON_ERRORS, errorAnswers } from '../../src/schemas/error.ts';
import { refTo } from '../../src/schemas/json-types.ts';
import type { Telemetry } from '../../src/state/reports.ts';

export interface BackendsOptions {
  readonly telemetry: Telemetry;
}

const backends: FastifyPluginAsyncTypebox<BackendsOptions> = async (app, { telemetry }) => {
  const tags = ['backends'];
  const errors = errorAnswers(...COMMON_ERRORS);

  app.get(
    '/v1/api/backends',
    {
      schema: {
        tags,
        operationId: 'listBackends',
        summary: 'List backends',
        response: { 200: Type.Array(refTo(BackendView), { description: 'All pools' }), ...errors },
      },
    },
    async () => telemetry.report().backends.map(backendView),
  );

  app.get(
    '/v1/api/backends/:id',
    {
      schema: {
        tags,
        operationId: 'getBackend',
        summary: 'Read one backend',
        params: Type.Object({ id: Type.String({ minLength: 1, description: 'Percent-encoded' }) }),
        response: {
          200: refTo(BackendView, { description: 'As it is now' }),
          ...errors,
          ...errorAnswers('GW_BACKEND_NOT_FOUND'),
        },
      },
    },
    async (request) => {
      const backend = telemetry.backend(request.params.id);
      if (backend === undefined) throw new GatewayError('GW_BACKEND_NOT_FOUND');
      return backendView(backend);
    },
  );

  app.get(
    '/v1/api/circuit-breaker',
    {
      schema: {
        tags,
        operationId: 'getCircuits',
        summary: 'Read the circuits',
        response: { 200: CircuitsView, ...errors },
      },
    },
    async () => circuitsView(telemetry.report().backends),
  );
};

export default fp(backends, { name: 'backends', dependencies: ['schemas', 'auth'] });
