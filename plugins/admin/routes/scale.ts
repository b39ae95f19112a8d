/** How many replicas pools and gateways need, for operators and autoscalers. */
import fp from 'fastify-plugin';
import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { COMMON_ERRORS, errorAnswers } from '../../../src/api/error-schema.ts';
import { refTo } from '../../../src/api/json-types.ts';
import { GatewayError } from '../../../src/errors.ts';
import { PoolScaleView, poolScaleView, ScaleView, scaleView } from '../../../src/scaling/api/scale-view.ts';
import type { Scaling } from '../../../src/scaling/scale-report.ts';

export interface ScaleOptions {
  readonly scaling: Scaling;
}

const scale: FastifyPluginAsyncTypebox<ScaleOptions> = async (app, { scaling }) => {
  const tags = ['scaling'];

  app.get(
    '/v1/api/scale',
    {
      schema: {
        tags,
        operationId: 'getScale',
        summary: 'Read how many replicas are wanted',
        description: 'For pools with `scale`, and with `fleet.scale` for gateways. Judged every five seconds.',
        response: {
          200: refTo(ScaleView, { description: 'The last advice' }),
          ...errorAnswers('GW_VALIDATION', ...COMMON_ERRORS),
        },
      },
    },
    async () => scaleView(scaling.report()),
  );

  app.get(
    '/v1/api/scale/:pool',
    {
      schema: {
        tags,
        operationId: 'getPoolScale',
        summary: 'Read how many replicas of a pool are wanted',
        params: Type.Object({ pool: Type.String({ description: 'Name of a pool', examples: ['default'] }) }),
        response: {
          200: refTo(PoolScaleView, { description: 'The last advice' }),
          ...errorAnswers('GW_VALIDATION', 'GW_NOT_FOUND', ...COMMON_ERRORS),
        },
      },
    },
    async ({ params }) => {
      const found = scaling.report().pools.find(({ name }) => name === params.pool);
      if (found !== undefined) return poolScaleView(found);
      throw new GatewayError('GW_NOT_FOUND', { message: `No pool ${params.pool} with scale in the configuration` });
    },
  );
};

export default fp(scale, { name: 'scale', dependencies: ['schemas', 'auth'] });
