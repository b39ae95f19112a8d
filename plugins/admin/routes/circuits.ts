/** Reads, closes and opens circuits, by id or URL of a backend. */
import fp from 'fastify-plugin';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { getCircuit, getCircuits, openCircuit, resetCircuit } from '../../../src/breaker/api/circuit-routes.ts';
import { circuitStateView } from '../../../src/backends/api/backend-view.ts';
import { circuitsView } from '../../../src/breaker/api/circuit-view.ts';
import type { BackendSwitches } from '../../../src/backends/backend-control.ts';
import type { Telemetry } from '../../../src/telemetry/control/reports.ts';

export interface CircuitsOptions {
  readonly telemetry: Telemetry;
  readonly switches: BackendSwitches;
}

/** As in the schema, which fills in the default. */
const DEFAULT_SECONDS = 60;
const PATH = '/v1/api/circuit-breaker';

const circuits: FastifyPluginAsyncTypebox<CircuitsOptions> = async (app, { telemetry, switches }) => {
  const answer = (ids: readonly string[]) => circuitsView(ids.flatMap((id) => telemetry.backend(id) ?? []));

  /** By id, for the audit log. */
  const states = (ids: readonly string[]) =>
    Object.fromEntries(ids.map((id) => [id, circuitStateView(telemetry.backend(id))]));

  app.get(PATH, { schema: getCircuits }, async () => circuitsView(telemetry.backends()));

  app.get(`${PATH}/:backend`, { schema: getCircuit }, async ({ params }) => answer(switches.named(params.backend)));

  app.post(`${PATH}/:backend/reset`, { schema: resetCircuit }, async (request) => {
    const before = states(switches.named(request.params.backend));
    const ids = await switches.resetCircuits(request.params.backend);
    request.audited = { target: ids.join(', '), before, after: states(ids) };
    return answer(ids);
  });

  app.post(
    `${PATH}/:backend/open`,
    {
      schema: openCircuit,
      preValidation: async (request) => {
        request.body ??= {};
      },
    },
    async (request) => {
      const { seconds = DEFAULT_SECONDS } = request.body;
      const before = states(switches.named(request.params.backend));
      const ids = await switches.openCircuits(request.params.backend, seconds);
      request.audited = { target: ids.join(', '), before, after: states(ids) };
      return answer(ids);
    },
  );
};

export default fp(circuits, { name: 'circuits', dependencies: ['schemas', 'audit'] });
