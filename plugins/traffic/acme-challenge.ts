/** Answers authorities that validate a name by http-01 (RFC 8555, 8.3), and nobody else: other paths go on to the backends. */
import type { FastifyPluginCallback } from 'fastify';
import fp from 'fastify-plugin';
import { CHALLENGE_PATH, type ChallengeDirectory } from '../../src/acme/challenge-directory.ts';
import { sendOwnAnswer } from '../../src/connections/send-own-answer.ts';

export interface AcmeChallengeOptions {
  readonly challenges: ChallengeDirectory;
}

const plugin: FastifyPluginCallback<AcmeChallengeOptions> = (app, { challenges }, done) => {
  app.addHook('onRequest', ({ exchange, raw }, reply, next) => {
    const { target } = exchange;
    if (!target.startsWith(CHALLENGE_PATH) || raw.method !== 'GET') return next();
    const answer = challenges.answerTo(target);
    if (answer === undefined) return next();
    reply.hijack();
    sendOwnAnswer(exchange, { status: 200, fields: { 'content-type': 'application/octet-stream' }, body: answer });
  });
  done();
};

export default fp(plugin, { name: 'acme-challenge', dependencies: ['access-log'] });
