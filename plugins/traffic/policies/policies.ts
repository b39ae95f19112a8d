/**
 * Runs the policies of a route, in the order in which their plugins are registered. Which of them concern a route is found
 * out once, until something else that they depend on changes; a request on a route without policies pays one look-up for all of them.
 */
import type { FastifyPluginCallback, FastifyReply, FastifyRequest, HookHandlerDoneFunction } from 'fastify';
import fp from 'fastify-plugin';
import type { LiveRoute } from '../../../src/routing/live-snapshot.ts';

/** Like a hook `onRequest`: calls `next`, or takes the reply over. */
type PolicyHook = (request: FastifyRequest, reply: FastifyReply, next: HookHandlerDoneFunction) => void;

declare module 'fastify' {
  interface FastifyInstance {
    /** @param concerns whether requests on this route are its business; asked once for each route of a snapshot, see reviewPolicies */
    readonly addPolicy: (concerns: (route: LiveRoute) => boolean, hook: PolicyHook) => void;
    /** Something outside of the snapshot has changed what concerns a route. */
    readonly reviewPolicies: () => void;
  }
}

const plugin: FastifyPluginCallback = (app, _options, done) => {
  const policies: { readonly concerns: (route: LiveRoute) => boolean; readonly hook: PolicyHook }[] = [];
  let known = new WeakMap<LiveRoute, readonly PolicyHook[]>();
  app.decorate('addPolicy', (concerns, hook) => void policies.push({ concerns, hook }));
  app.decorate('reviewPolicies', () => void (known = new WeakMap()));

  app.addHook('onRequest', (request, reply, next) => {
    const route = request.exchange.route!;
    const hooks = known.get(route) ?? hooksOf(route);
    if (hooks.length === 0) return next();
    let at = 0;
    const step: HookHandlerDoneFunction = (error) => {
      if (error !== undefined && error !== null) return next(error);
      const hook = hooks[at];
      at += 1;
      if (hook === undefined) next();
      else hook(request, reply, step);
    };
    step();
  });

  function hooksOf(route: LiveRoute): readonly PolicyHook[] {
    const hooks = policies.filter(({ concerns }) => concerns(route)).map(({ hook }) => hook);
    known.set(route, hooks);
    return hooks;
  }
  done();
};

export default fp(plugin, { name: 'policies', dependencies: ['router'] });
