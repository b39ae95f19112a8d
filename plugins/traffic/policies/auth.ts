/** Lets only callers pass that have proved who they are, where a route demands it: 401 for all others. */
import type { FastifyPluginCallback, FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import { Guards, type GuardPorts } from '../../../src/auth/traffic/guards.ts';
import type { Refused } from '../../../src/auth/traffic/verdict.ts';
import type { GuardVerdict } from '../../../src/auth/traffic/route-guard.ts';
import { responseHead } from '../../../src/forwarding/message/response-head.ts';
import { isGrpcType } from '../../../src/grpc/core/grpc-fields.ts';
import type { AuthFailure } from '../../../src/auth/core/auth-vocabulary.ts';
import { sendError, sendPassedAnswer } from '../../../src/connections/send-own-answer.ts';

declare module 'fastify' {
  interface FastifyInstance {
    readonly guards: Guards;
  }
}

export interface AuthOptions extends GuardPorts {
  readonly onRefused: (failure: AuthFailure) => void;
}

type Exchange = FastifyRequest['exchange'];

const plugin: FastifyPluginCallback<AuthOptions> = (app, { onRefused, ...ports }, done) => {
  const guards = new Guards(ports);
  app.decorate('guards', guards);
  app.addPolicy(
    ({ auth }) => auth !== null,
    ({ exchange }, reply, next) => {
      const conclude = (verdict: GuardVerdict): void => {
        if (verdict.failure === null && !exchange.isClosed) {
          pass(exchange, verdict);
          return next();
        }
        reply.hijack();
        // The client may have left meanwhile.
        if (verdict.failure === null || exchange.isClosed) return;
        onRefused(verdict.failure);
        refuse(exchange, verdict);
      };
      const verdict = guards.of(exchange.route!.auth!).judge(exchange, conclude);
      if (verdict !== null) conclude(verdict);
    },
  );
  done();
};

function refuse(exchange: Exchange, { error, answer }: Refused): void {
  const { headers } = exchange.response.req;
  // A client of gRPC understands no other answer.
  if (answer === undefined || isGrpcType(headers['content-type'] ?? '')) return sendError(exchange, error);
  exchange.failed(error);
  const { fields } = responseHead(answer.fields);
  sendPassedAnswer(exchange, answer.status, withoutLength(fields), answer.body);
}

function withoutLength(fields: readonly string[]): string[] {
  return fields.filter((_, at) => fields[at - (at % 2)]!.toLowerCase() !== 'content-length');
}

function pass(exchange: Exchange, { caller, claims, client }: GuardVerdict & { failure: null }): void {
  exchange.verified = caller;
  exchange.claims = claims;
  // Without limits, or for an address of the allowlist, nobody has looked for it.
  if (exchange.client === '') exchange.client = client;
}

export default fp(plugin, { name: 'auth', dependencies: ['policies'] });
