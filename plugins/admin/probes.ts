/** Liveness and readiness for orchestrators: no token, nothing expensive. */
import fp from 'fastify-plugin';
import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { errorAnswers } from '../../src/api/error-schema.ts';
import { stringEnum } from '../../src/api/string-enum.ts';

export interface Readiness {
  readonly ready: boolean;
  /** Why not, a sentence each; empty when ready. */
  readonly reasons: readonly string[];
}

export interface ProbesOptions {
  readonly readiness: () => Readiness;
}

const Live = Type.Object({ status: stringEnum(['ok']) }, { description: 'The process runs' });
const Ready = Type.Object({ status: stringEnum(['ready']) }, { description: 'It takes traffic' });
const NotReady = Type.Object(
  { status: stringEnum(['not_ready']), reasons: Type.Array(Type.String()) },
  { description: 'It starts, stops or cannot serve' },
);

const probes: FastifyPluginAsyncTypebox<ProbesOptions> = async (app, { readiness }) => {
  const open = { tags: ['probes'], security: [] };
  const refusals = errorAnswers('GW_FORBIDDEN');

  app.get(
    '/livez',
    {
      config: { isPublic: true },
      schema: {
        ...open,
        operationId: 'getLiveness',
        summary: 'Is the process alive?',
        response: { 200: Live, ...refusals },
      },
    },
    async () => ({ status: 'ok' }) as const,
  );

  app.get(
    '/readyz',
    {
      config: { isPublic: true },
      schema: {
        ...open,
        operationId: 'getReadiness',
        summary: 'May it get traffic?',
        response: { 200: Ready, 503: NotReady, ...refusals },
      },
    },
    async (_request, reply) => {
      const { ready, reasons } = readiness();
      if (ready) return { status: 'ready' } as const;
      return reply.code(503).send({ status: 'not_ready', reasons: [...reasons] });
    },
  );
};

export default fp(probes, { name: 'probes', dependencies: ['schemas', 'auth'] });
