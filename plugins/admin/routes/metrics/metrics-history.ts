/** The metrics of the last minute to the last day: what a chart starts with, before live frames continue it. */
import fp from 'fastify-plugin';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { BackendPath } from '../../../../src/backends/api/backend.ts';
import { GatewayError } from '../../../../src/errors.ts';
import { COMMON_ERRORS, errorAnswers } from '../../../../src/api/error-schema.ts';
import {
  BackendHistoryQuery,
  gatewayHistoryAnswer,
  gatewayHistoryView,
  historyAnswer,
  HistoryQuery,
  historyView,
} from '../../../../src/telemetry/api/history-view.ts';
import { HISTORY_INTERVALS, type MetricsHistory } from '../../../../src/telemetry/control/history-points.ts';
import type { Telemetry } from '../../../../src/telemetry/control/reports.ts';

export interface MetricsHistoryOptions {
  readonly history: MetricsHistory;
  readonly telemetry: Pick<Telemetry, 'backend'>;
}

const metricsHistory: FastifyPluginAsyncTypebox<MetricsHistoryOptions> = async (app, { history, telemetry }) => {
  const tags = ['metrics'];
  const errors = errorAnswers('GW_VALIDATION', ...COMMON_ERRORS);

  app.get(
    '/v1/api/metrics/history',
    {
      schema: {
        tags,
        operationId: 'getMetricsHistory',
        summary: 'Read the metrics of the last minute, hour or day',
        description: 'Survives a restart if `metrics.store_history` is on and the data folder can be written.',
        querystring: HistoryQuery,
        response: { ...gatewayHistoryAnswer, ...errors },
      },
    },
    async ({ query: { span = '60s' } }) =>
      gatewayHistoryView(HISTORY_INTERVALS[span], history.total(span), history.storage()),
  );

  app.get(
    '/v1/api/backends/:id/metrics/history',
    {
      schema: {
        tags,
        operationId: 'getBackendMetricsHistory',
        summary: 'Read the metrics of one backend over the last minute or hour',
        params: BackendPath,
        querystring: BackendHistoryQuery,
        response: { ...historyAnswer, ...errors, ...errorAnswers('GW_BACKEND_NOT_FOUND') },
      },
    },
    async ({ params: { id }, query: { span = '60s' } }) => {
      if (telemetry.backend(id) === undefined) throw new GatewayError('GW_BACKEND_NOT_FOUND');
      return historyView(HISTORY_INTERVALS[span], history.backend(id, span));
    },
  );
};

export default fp(metricsHistory, { name: 'metrics-history', dependencies: ['schemas', 'auth'] });
