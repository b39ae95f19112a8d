/** Starts traffic; everything that operators need can come later. */
import type { FastifyInstance } from 'fastify';
import fp from 'fastify-plugin';

async function traffic(app: FastifyInstance): Promise<void> {
  await app.supervisor.start();
}

export default fp(traffic, { name: 'traffic', dependencies: ['threads', 'database', 'discovery'] });
