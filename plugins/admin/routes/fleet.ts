/** The gateways that share this one's database: who is live, and what they disagree about. */
import fp from 'fastify-plugin';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { COMMON_ERRORS, errorAnswers } from '../../../src/api/error-schema.ts';
import { refTo } from '../../../src/api/json-types.ts';
import { FleetView, fleetView } from '../../../src/fleet/api/fleet-view.ts';
import type { Fleet } from '../../../src/fleet/fleet-report.ts';

export interface FleetRouteOptions {
  readonly fleet: Fleet;
}

const fleet: FastifyPluginAsyncTypebox<FleetRouteOptions> = async (app, options) => {
  app.get(
    '/v1/api/fleet',
    {
      schema: {
        tags: ['fleet'],
        operationId: 'getFleet',
        summary: 'Read which gateways share the database',
        response: {
          200: refTo(FleetView, { description: 'All gateways, as this one knows them' }),
          ...errorAnswers('GW_VALIDATION', ...COMMON_ERRORS),
        },
      },
    },
    async () => fleetView(options.fleet.report()),
  );
};

export default fp(fleet, { name: 'fleet', dependencies: ['schemas', 'auth'] });
