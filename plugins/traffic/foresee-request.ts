/** Explains a request that is described, by what this thread would do with a real one. */
import type { FastifyPluginCallback } from 'fastify';
import fp from 'fastify-plugin';
import type { ExplainedRequest, ThreadExplanation } from '../../src/explain/core/thread-explanation.ts';
import type { ThreadExplainerPorts } from '../../src/explain/traffic/foresight-ports.ts';
import { ThreadExplainer } from '../../src/explain/traffic/thread-explainer.ts';
import type { ClientDirectory } from '../../src/identity/client-directory.ts';
import { RequestIdentity } from '../../src/identity/request-identity.ts';

declare module 'fastify' {
  interface FastifyInstance {
    readonly foreseeRequest: (request: ExplainedRequest) => Promise<ThreadExplanation>;
  }
}

export interface ForeseeOptions extends Omit<ThreadExplainerPorts, 'guards' | 'identity'> {
  readonly directory: ClientDirectory;
}

const plugin: FastifyPluginCallback<ForeseeOptions> = (app, { directory, ...ports }, done) => {
  const identity = new RequestIdentity(ports.live, directory, ports.limiter);
  const explainer = new ThreadExplainer({ ...ports, identity, guards: app.guards });
  app.decorate('foreseeRequest', (request) => explainer.explain(request));
  done();
};

export default fp(plugin, { name: 'foresee-request', dependencies: ['auth'] });
