/** An app of one's own with a limit for each user, and circuits and balancing for what it asks of others. */
import { balancer, circuitBreaker, rateLimit } from 'sluice/plugins';
import Fastify, { type FastifyInstance } from 'fastify';

export interface AppOptions {
  /** Servers of the catalog. */
  readonly catalog: readonly string[];
  /** The one server of prices. */
  readonly prices: string;
}

export async function buildApp({ catalog, prices }: AppOptions): Promise<FastifyInstance> {
  const app = Fastify();
  await app.register(rateLimit, {
    capacity: 20,
    ratePerSecond: 5,
    key: (request) => String(request.headers['x-user'] ?? request.ip),
  });
  await app.register(balancer, { backends: catalog, health: { path: '/health' } });
  await app.register(circuitBreaker, { defaults: { consecutiveFailures: 3, openMs: 5000 } });

  app.get('/products', async () => {
    const answer = await app.backends.run(({ url }) => fetch(`${url}/products`));
    return answer.json();
  });

  app.get('/price', async () => {
    const answer = await app.breakers.run('prices', () => fetch(`${prices}/price`));
    return answer.json();
  });

  // A report costs as much as ten other requests.
  app.get('/report', { config: { limit: { cost: 10 } } }, async () => ({ report: 'ready' }));
  return app;
}

if (import.meta.main) {
  const app = await buildApp({
    catalog: ['http://127.0.0.1:8081', 'http://127.0.0.1:8082'],
    prices: 'http://127.0.0.1:8083',
  });
  await app.listen({ port: 3000 });
}
