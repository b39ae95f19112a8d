/** The gateway's metrics for Prometheus, in its text format. */
import fp from 'fastify-plugin';
import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { EXPOSITION_TYPE } from '../../../../src/telemetry/exposition.ts';
import { COMMON_ERRORS, errorAnswers } from '../../../../src/api/error-schema.ts';
import { exposition } from '../../../../src/telemetry/api/prometheus/exposed-metrics.ts';
import type { ScrapeSource } from '../../../../src/telemetry/control/scrape-report.ts';

export interface PrometheusOptions {
  readonly scraper: ScrapeSource;
}

const prometheus: FastifyPluginAsyncTypebox<PrometheusOptions> = async (app, { scraper }) => {
  app.get(
    '/metrics',
    {
      schema: {
        tags: ['metrics'],
        operationId: 'getPrometheusMetrics',
        summary: 'Scrape everything in the Prometheus text format',
        response: {
          200: {
            description: 'Version 0.0.4 of the format, regardless of Accept',
            content: { 'text/plain': { schema: Type.String() } },
          },
          ...errorAnswers(...COMMON_ERRORS),
        },
      },
    },
    async (_request, reply) => reply.type(EXPOSITION_TYPE).send(exposition(await scraper.scrape())),
  );
};

export default fp(prometheus, { name: 'prometheus', dependencies: ['schemas', 'auth'] });
