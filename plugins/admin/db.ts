/** Puts the opened database within reach of the other plugins. The process owns it: it is not closed here. */
import type { FastifyInstance } from 'fastify';
import fp from 'fastify-plugin';
import type { Database } from '../../src/database/database.ts';

declare module 'fastify' {
  interface FastifyInstance {
    readonly database: Database;
  }
}

export interface DbOptions {
  readonly database: Database;
}

async function db(app: FastifyInstance, options: DbOptions): Promise<void> {
  app.decorate('database', options.database);
}

export default fp(db, { name: 'db' });
