/** Reads the last changes of one backend. */
import fp from 'fastify-plugin';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { BackendPath } from '../../../src/backends/api/backend.ts';
import { GatewayError } from '../../../src/errors.ts';
import { COMMON_ERRORS, errorAnswers } from '../../../src/api/error-schema.ts';
import { HistoryView, historyView } from '../../../src/events/api/event-view.ts';
import type { BackendHistory } from '../../../src/backends/backend-history.ts';
import type { Telemetry } from '../../../src/telemetry/control/reports.ts';

export interface BackendHistoryOptions {
  readonly telemetry: Pick<Telemetry, 'backend'>;
  readonly history: BackendHistory;
}

const backendHistory: FastifyPluginAsyncTypebox<BackendHistoryOptions> = async (app, { telemetry, history }) => {
  app.get(
    '/v1/api/backends/:id/history',
    {
      schema: {
        tags: ['backends'],
        operationId: 'getBackendHistory',
        summary: 'Read the last changes of a backend',
        description: 'Kept in memory as long as the backend is configured, including reloads.',
        params: BackendPath,
        response: { 200: HistoryView, ...errorAnswers('GW_BACKEND_NOT_FOUND', ...COMMON_ERRORS) },
      },
    },
    async ({ params }) => {
      if (telemetry.backend(params.id) === undefined) throw new GatewayError('GW_BACKEND_NOT_FOUND');
      return historyView(history.of(params.id));
    },
  );
};

export default fp(backendHistory, { name: 'backend-history', dependencies: ['schemas', 'auth'] });
