/**
 * Liveness and readiness for orchestrators: no token, nothing expensive. And the health of gateway and backends, for
 * operators.
 */
import fp from 'fastify-plugin';
import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { COMMON_ERRORS, errorAnswers } from '../../../src/api/error-schema.ts';
import { stringEnum } from '../../../src/api/string-enum.ts';
import {
  GatewayHealthView,
  gatewayHealthView,
  type PoolWithFallback,
} from '../../../src/health/api/gateway-health-view.ts';
import type { Readiness } from '../../../src/telemetry/readiness.ts';
import type { Telemetry } from '../../../src/telemetry/control/reports.ts';

export interface HealthOptions {
  readonly readiness: () => Readiness;
  readonly telemetry: Telemetry;
  readonly pools: () => readonly PoolWithFallback[];
}

const Live = Type.Object({ status: stringEnum(['ok']) }, { description: 'The process runs' });
const Ready = Type.Object({ status: stringEnum(['ready']) }, { description: 'Ready for traffic' });
const NotReady = Type.Object(
  { status: stringEnum(['not_ready']), reasons: Type.Array(Type.String()) },
  { description: 'Starting, stopping, or unable to serve' },
);

const health: FastifyPluginAsyncTypebox<HealthOptions> = async (app, { readiness, telemetry, pools }) => {
  const open = { tags: ['probes'], security: [] };

  app.get(
    '/livez',
    {
      config: { isPublic: true, isProbe: true },
      schema: {
        ...open,
        operationId: 'getLiveness',
        summary: 'Is the process alive?',
        response: { 200: Live },
      },
    },
    async () => ({ status: 'ok' }) as const,
  );

  app.get(
    '/readyz',
    {
      config: { isPublic: true, isProbe: true },
      schema: {
        ...open,
        operationId: 'getReadiness',
        summary: 'Is the gateway ready for traffic?',
        response: { 200: Ready, 503: NotReady },
      },
    },
    async (_request, reply) => {
      const { ready, reasons } = readiness();
      if (ready) return { status: 'ready' } as const;
      return reply.code(503).send({ status: 'not_ready', reasons: [...reasons] });
    },
  );

  app.get(
    '/v1/api/health',
    {
      schema: {
        tags: ['probes'],
        operationId: 'getHealth',
        summary: 'Read the health of the gateway and its backends',
        description:
          'Always 200: `status` sums it up. For orchestrators use /readyz, which is 503 only if the gateway itself cannot serve.',
        response: { 200: GatewayHealthView, ...errorAnswers(...COMMON_ERRORS) },
      },
    },
    async () => gatewayHealthView(telemetry.backends(), readiness().reasons, pools()),
  );
};

export default fp(health, { name: 'gateway-health', dependencies: ['schemas', 'auth'] });
