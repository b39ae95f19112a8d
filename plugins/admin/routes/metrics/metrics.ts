/** Reads the metrics of the gateway and of the limiter. */
import fp from 'fastify-plugin';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { Settings } from '../../../../src/config/settings.ts';
import { COMMON_ERRORS, errorAnswers } from '../../../../src/api/error-schema.ts';
import { refTo } from '../../../../src/api/json-types.ts';
import { RateLimitView, rateLimitView } from '../../../../src/limits/api/limiter-view.ts';
import { MetricsView, metricsView } from '../../../../src/telemetry/api/metrics-view.ts';
import { limitPolicies } from '../../../../src/limits/limit-policy.ts';
import type { Telemetry } from '../../../../src/telemetry/control/reports.ts';

export interface MetricsOptions {
  readonly telemetry: Telemetry;
  /** Of the current configuration at the time of the call. */
  readonly settings: () => Pick<Settings, 'pools' | 'rateLimit'>;
}

const metrics: FastifyPluginAsyncTypebox<MetricsOptions> = async (app, { telemetry, settings }) => {
  const tags = ['metrics'];
  const errors = errorAnswers(...COMMON_ERRORS);

  app.get(
    '/v1/api/metrics',
    {
      schema: {
        tags,
        operationId: 'getMetrics',
        summary: 'Read all metrics',
        response: { 200: refTo(MetricsView, { description: 'The current state' }), ...errors },
      },
    },
    async () => metricsView(telemetry.report(), settings().pools),
  );

  app.get(
    '/v1/api/rate-limit',
    {
      schema: {
        tags,
        operationId: 'getRateLimit',
        summary: 'Read the rate limiter',
        response: { 200: refTo(RateLimitView, { description: 'The current state' }), ...errors },
      },
    },
    async () => rateLimitView(telemetry.limiter(), limitPolicies(settings().rateLimit)),
  );
};

export default fp(metrics, { name: 'metrics', dependencies: ['schemas', 'auth'] });
