/** Events of this gateway, and of each backend: in memory, for operators. */
import type { FastifyInstance } from 'fastify';
import fp from 'fastify-plugin';
import { BackendHistory } from '../../src/backends/backend-history.ts';
import { EventLog } from '../../src/events/event-log.ts';

declare module 'fastify' {
  interface FastifyInstance {
    readonly events: EventLog;
    readonly backendHistory: BackendHistory;
  }
}

async function eventLog(app: FastifyInstance): Promise<void> {
  app.decorate('events', new EventLog(Date.now));
  app.decorate('backendHistory', new BackendHistory(Date.now));
}

export default fp(eventLog, { name: 'event-log' });
