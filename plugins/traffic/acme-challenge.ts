/** Answers authorities that validate a name by http-01 (RFC 8555, 8.3), and nobody else: other paths go on to the backends. */
import type { FastifyPluginCallback } from 'fastify';
import fp from 'fastify-plugin';
import { CHALLENGE_PATH, type ChallengeDirectory } from '../../src/acme/challenge-directory.ts';
import { sendOwnAnswer } from '../../src/connections/send-own-answer.ts';
import type { Exchange } from '../../src/routing/exchange.ts';

export interface AcmeChallengeOptions {
  readonly challenges: ChallengeDirectory;
  /** Another gateway may know the token. Resolves when this one does, too. Undefined: nothing is to be waited for. */
  readonly lookUp: (token: string) => Promise<void> | undefined;
}

const plugin: FastifyPluginCallback<AcmeChallengeOptions> = (app, { challenges, lookUp }, done) => {
  app.addHook('onRequest', ({ exchange, raw }, reply, next) => {
    const { target } = exchange;
    if (!target.startsWith(CHALLENGE_PATH) || raw.method !== 'GET') return next();
    const answerOrGoOn = (): void => {
      const answer = challenges.answerTo(target);
      if (answer === undefined) return next();
      reply.hijack();
      send(exchange, answer);
    };
    const lookup = challenges.answerTo(target) === undefined ? lookUp(target.slice(CHALLENGE_PATH.length)) : undefined;
    if (lookup === undefined) return answerOrGoOn();
    void lookup.then(() => {
      // The client has left.
      if (exchange.isClosed) reply.hijack();
      else answerOrGoOn();
    });
  });
  done();
};

function send(exchange: Exchange, body: string): void {
  sendOwnAnswer(exchange, { status: 200, fields: { 'content-type': 'application/octet-stream' }, body });
}

export default fp(plugin, { name: 'acme-challenge', dependencies: ['access-log'] });
