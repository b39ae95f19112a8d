/** Reads the event log of this gateway. */
import fp from 'fastify-plugin';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { COMMON_ERRORS, errorAnswers } from '../../../src/api/error-schema.ts';
import { EventsQuery, EventsView, eventsView } from '../../../src/events/api/event-view.ts';
import type { EventLog } from '../../../src/events/event-log.ts';

export interface EventsOptions {
  readonly events: EventLog;
  /** Name of this one. */
  readonly gateway: string;
}

const events: FastifyPluginAsyncTypebox<EventsOptions> = async (app, options) => {
  app.get(
    '/v1/api/events',
    {
      schema: {
        tags: ['events'],
        operationId: 'listEvents',
        summary: 'Read the latest events',
        description: 'Newest first. Kept in memory: a restart clears them.',
        querystring: EventsQuery,
        response: { 200: EventsView, ...errorAnswers('GW_VALIDATION', ...COMMON_ERRORS) },
      },
    },
    async ({ query }) => eventsView(options.events.page(query), options.gateway),
  );
};

export default fp(events, { name: 'events', dependencies: ['schemas', 'auth'] });
