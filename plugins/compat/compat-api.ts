/** The paths under /api of an older balancer: the same code as /v1/api, answers in its envelope. Off: admin.compat. */
import fp from 'fastify-plugin';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { Settings } from '../../src/config/settings.ts';
import { GatewayError } from '../../src/errors.ts';
import { answerErrors } from '../../src/api/answer-errors.ts';
import { resettableMetricsView } from '../../src/backends/api/backend-metrics-view.ts';
import { backendSettingsView, circuitStateView } from '../../src/backends/api/backend-view.ts';
import {
  actOnBackend,
  changeBackend,
  listBackends,
  listCircuits,
  readBackend,
  readConfig,
  readHealth,
  readLimiter,
  readMetrics,
  resetCircuit,
} from '../../src/compat/api/compat-api-routes.ts';
import {
  compatBackend,
  compatCircuit,
  compatCircuits,
  compatHealth,
  compatLimiter,
  compatMetrics,
  failure,
  ok,
} from '../../src/compat/api/compat-api-view.ts';
import type { BackendControl, BackendSwitches } from '../../src/backends/backend-control.ts';
import { limitPolicies } from '../../src/limits/limit-policy.ts';
import type { Configuration } from '../../src/reload/configuration.ts';
import type { BackendReport, Telemetry } from '../../src/telemetry/control/reports.ts';

export interface CompatApiOptions {
  readonly telemetry: Telemetry;
  readonly control: BackendControl;
  readonly switches: BackendSwitches;
  readonly configuration: Configuration;
  /** Current at the time of the call. */
  readonly settings: () => Pick<Settings, 'pools' | 'rateLimit'>;
}

const compatApi: FastifyPluginAsyncTypebox<CompatApiOptions> = async (app, options) => {
  const routes: FastifyPluginAsyncTypebox = async (scope) => {
    answerErrors(scope, failure);
    await backends(scope, options);
    await circuits(scope, options);
    await reports(scope, options);
  };
  await app.register(routes, { prefix: '/api' });
};

const backends: FastifyPluginAsyncTypebox<CompatApiOptions> = async (app, { telemetry, control, switches }) => {
  app.get('/backends', { schema: listBackends }, async () => ok(telemetry.backends().map(compatBackend)));

  app.get('/backends/:id', { schema: readBackend }, async ({ params }) =>
    ok(compatBackend(found(telemetry, params.id))),
  );

  app.patch('/backends/:id', { schema: changeBackend }, async (request) => {
    const { params, body } = request;
    const backend = found(telemetry, params.id);
    const { id } = backend;
    const before = backendSettingsView(backend);
    try {
      if (body.weight !== undefined) await control.change(id, { weight: body.weight });
      if (body.enabled !== undefined) await control.setEnabled(id, body.enabled);
    } finally {
      request.audited = { target: id, before, after: backendSettingsView(telemetry.backend(id)) };
    }
    return ok(compatBackend(found(telemetry, id)), 'Backend updated');
  });

  app.post('/backends/:id/actions', { schema: actOnBackend }, async (request) => {
    const { params, body } = request;
    const backend = found(telemetry, params.id);
    const { id } = backend;
    const before = actedOnView(backend);
    await act(id, body.action);
    request.audited = { target: id, before, after: actedOnView(telemetry.backend(id)) };
    return ok(compatBackend(found(telemetry, id)), `Action ${body.action} done`);
  });

  async function act(id: string, action: string): Promise<void> {
    if (action === 'drain') await control.change(id, { draining: true });
    else if (action === 'reset_metrics') await switches.resetMetrics(id);
    else if (action === 'restart') {
      await control.change(id, { draining: null });
      await switches.resetCircuits(id);
    } else
      throw new GatewayError('GW_VALIDATION', {
        message: 'Unknown action; there are drain, reset_metrics and restart',
      });
  }
};

const circuits: FastifyPluginAsyncTypebox<CompatApiOptions> = async (app, { telemetry, switches }) => {
  app.get('/circuit-breaker', { schema: listCircuits }, async () => ok(compatCircuits(telemetry.backends())));

  app.post('/circuit-breaker/:backend/reset', { schema: resetCircuit }, async (request) => {
    const before = circuitStates(switches.named(request.params.backend));
    const ids = await switches.resetCircuits(request.params.backend);
    request.audited = { target: ids.join(', '), before, after: circuitStates(ids) };
    const [id = ''] = ids;
    return ok(compatCircuit(found(telemetry, id)), 'Circuit breaker reset');
  });

  function circuitStates(ids: readonly string[]) {
    return Object.fromEntries(ids.map((id) => [id, circuitStateView(telemetry.backend(id))]));
  }
};

/** What is read only: the limiter, metrics, configuration, health. */
const reports: FastifyPluginAsyncTypebox<CompatApiOptions> = async (app, { telemetry, configuration, settings }) => {
  app.get('/rate-limit', { schema: readLimiter }, async () => ({
    ...ok(compatLimiter(telemetry.limiter(), limitPolicies(settings().rateLimit))),
    status: 'success',
  }));

  app.get('/metrics', { schema: readMetrics }, async () => ok(compatMetrics(telemetry.report(), settings().pools)));

  app.get('/config', { schema: readConfig }, async () => ok(configuration.report().settings));

  app.get('/health', { schema: readHealth }, async () => {
    const health = compatHealth(telemetry.backends(), Date.now());
    return { ...ok(health), ...health };
  });
};

function found(telemetry: Telemetry, id: string): BackendReport {
  // Text that cannot be a backend's id.
  if (!/^[\x21-\x7e]{1,300}$/.test(id)) throw new GatewayError('GW_VALIDATION', { message: 'Invalid backend ID' });
  const backend = telemetry.backend(id);
  if (backend === undefined) throw new GatewayError('GW_BACKEND_NOT_FOUND');
  return backend;
}

/** Everything that one of the actions changes, for the audit log. */
function actedOnView(backend: BackendReport | undefined) {
  return { ...backendSettingsView(backend), ...circuitStateView(backend), ...resettableMetricsView(backend) };
}

export default fp(compatApi, { name: 'compat-api', dependencies: ['error-answers', 'schemas', 'audit'] });
