/** The paths under /api of an older balancer: the same code as /v1/api, answers in its envelope. Off: admin.compat. */
import fp from 'fastify-plugin';
import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { Settings } from '../../src/config/settings.ts';
import { GatewayError } from '../../src/errors.ts';
import { answerErrors } from '../../src/api/answer-errors.ts';
import { backendFiguresView, backendSettingsView, circuitStateView } from '../../src/backends/api/backend-view.ts';
import {
  CompatBackend,
  compatBackend,
  CompatCircuit,
  compatCircuit,
  compatCircuits,
  compatHealth,
  CompatLimiter,
  compatLimiter,
  CompatMetrics,
  compatMetrics,
  envelope,
  failure,
  failures,
  healthEnvelope,
  ok,
} from '../../src/compat/api/compat-api-view.ts';
import { COMMON_ERRORS } from '../../src/api/error-schema.ts';
import type { BackendControl, BackendSwitches } from '../../src/backends/backend-control.ts';
import { limitPolicies } from '../../src/limits/limit-policy.ts';
import type { Configuration } from '../../src/reload/configuration.ts';
import type { BackendReport, Telemetry } from '../../src/telemetry/control/reports.ts';

export interface CompatApiOptions {
  readonly telemetry: Telemetry;
  readonly control: BackendControl;
  readonly switches: BackendSwitches;
  readonly configuration: Configuration;
  /** In force at the time of the call. */
  readonly settings: () => Pick<Settings, 'pools' | 'rateLimit'>;
}

const tags = ['compat'];
const READ = failures(...COMMON_ERRORS);
const ONE = failures('GW_VALIDATION', 'GW_BACKEND_NOT_FOUND', ...COMMON_ERRORS);
const CHANGE = failures(
  'GW_VALIDATION',
  'GW_BACKEND_NOT_FOUND',
  'GW_UNSUPPORTED_MEDIA_TYPE',
  'GW_DATABASE_UNAVAILABLE',
  ...COMMON_ERRORS,
);
const BackendId = Type.Object({ id: Type.String({ description: 'As in the list, percent-encoded' }) });

const compatApi: FastifyPluginAsyncTypebox<CompatApiOptions> = async (app, options) => {
  await app.register(async (scope) => routes(scope, options), { prefix: '/api' });
};

const routes: FastifyPluginAsyncTypebox<CompatApiOptions> = async (app, options) => {
  const { telemetry, control, switches, configuration, settings } = options;
  answerErrors(app, failure);

  app.get(
    '/backends',
    {
      schema: {
        tags,
        operationId: 'compatListBackends',
        summary: 'List backends',
        response: { 200: envelope(Type.Array(CompatBackend)), ...READ },
      },
    },
    async () => ok(telemetry.backends().map(compatBackend)),
  );

  app.get(
    '/backends/:id',
    {
      schema: {
        tags,
        operationId: 'compatReadBackend',
        summary: 'Read a backend',
        params: BackendId,
        response: { 200: envelope(CompatBackend), ...ONE },
      },
    },
    async ({ params }) => ok(compatBackend(found(params.id))),
  );

  app.patch(
    '/backends/:id',
    {
      schema: {
        tags,
        operationId: 'compatChangeBackend',
        summary: 'Change enabled and weight of a backend',
        params: BackendId,
        body: Type.Object(
          {
            enabled: Type.Optional(Type.Boolean()),
            weight: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000 })),
          },
          { additionalProperties: false, minProperties: 1 },
        ),
        response: { 200: envelope(CompatBackend), ...CHANGE },
      },
    },
    async (request) => {
      const { params, body } = request;
      const backend = found(params.id);
      const { id } = backend;
      const before = backendSettingsView(backend);
      try {
        if (body.weight !== undefined) await control.change(id, { weight: body.weight });
        if (body.enabled !== undefined) await control.setEnabled(id, body.enabled);
      } finally {
        request.audited = { target: id, before, after: backendSettingsView(telemetry.backend(id)) };
      }
      return ok(compatBackend(found(id)), 'Backend updated');
    },
  );

  app.post(
    '/backends/:id/actions',
    {
      schema: {
        tags,
        operationId: 'compatActOnBackend',
        summary: 'drain, reset_metrics or restart a backend',
        description: 'restart ends draining and closes the circuit.',
        params: BackendId,
        body: Type.Object({ action: Type.String() }, { additionalProperties: false }),
        response: { 200: envelope(CompatBackend), ...CHANGE },
      },
    },
    async (request) => {
      const { params, body } = request;
      const backend = found(params.id);
      const { id } = backend;
      const before = actedOnView(backend);
      await act(id, body.action);
      request.audited = { target: id, before, after: actedOnView(telemetry.backend(id)) };
      return ok(compatBackend(found(id)), `Action ${body.action} done`);
    },
  );

  app.get(
    '/circuit-breaker',
    {
      schema: {
        tags,
        operationId: 'compatListCircuits',
        summary: 'Circuits by URL of their backend',
        response: { 200: envelope(Type.Record(Type.String(), CompatCircuit)), ...READ },
      },
    },
    async () => ok(compatCircuits(telemetry.backends())),
  );

  app.post(
    '/circuit-breaker/:backend/reset',
    {
      schema: {
        tags,
        operationId: 'compatResetCircuit',
        summary: 'Close a circuit',
        params: Type.Object({ backend: Type.String({ description: 'Id or URL, percent-encoded' }) }),
        response: { 200: envelope(CompatCircuit), ...ONE },
      },
    },
    async (request) => {
      const before = circuitStates(switches.named(request.params.backend));
      const ids = switches.resetCircuits(request.params.backend);
      request.audited = { target: ids.join(', '), before, after: circuitStates(ids) };
      const [id = ''] = ids;
      return ok(compatCircuit(found(id)), 'Circuit breaker reset');
    },
  );

  app.get(
    '/rate-limit',
    {
      schema: {
        tags,
        operationId: 'compatReadLimiter',
        summary: 'Read the rate limiter',
        response: { 200: envelope(CompatLimiter, { status: Type.String() }), ...READ },
      },
    },
    async () => ({ ...ok(compatLimiter(telemetry.limiter(), limitPolicies(settings().rateLimit))), status: 'success' }),
  );

  app.get(
    '/metrics',
    {
      schema: {
        tags,
        operationId: 'compatReadMetrics',
        summary: 'Read totals and backends',
        response: { 200: envelope(CompatMetrics), ...READ },
      },
    },
    async () => ok(compatMetrics(telemetry.report(), settings().pools)),
  );

  app.get(
    '/config',
    {
      schema: {
        tags,
        operationId: 'compatReadConfig',
        summary: 'Read the current configuration, with secrets masked',
        response: { 200: envelope(Type.Object({}, { additionalProperties: true })), ...READ },
      },
    },
    async () => ok(configuration.report().settings),
  );

  app.get(
    '/health',
    {
      schema: {
        tags,
        operationId: 'compatReadHealth',
        summary: 'Read how many backends are alive',
        response: { 200: healthEnvelope(), ...READ },
      },
    },
    async () => {
      const health = compatHealth(telemetry.backends(), Date.now());
      return { ...ok(health), ...health };
    },
  );

  function circuitStates(ids: readonly string[]) {
    return Object.fromEntries(ids.map((id) => [id, circuitStateView(telemetry.backend(id))]));
  }

  function found(id: string): BackendReport {
    // What no backend's id can be.
    if (!/^[\x21-\x7e]{1,300}$/.test(id)) throw new GatewayError('GW_VALIDATION', { message: 'Invalid backend ID' });
    const backend = telemetry.backend(id);
    if (backend === undefined) throw new GatewayError('GW_BACKEND_NOT_FOUND');
    return backend;
  }

  async function act(id: string, action: string): Promise<void> {
    if (action === 'drain') await control.change(id, { draining: true });
    else if (action === 'reset_metrics') await switches.resetMetrics(id);
    else if (action === 'restart') {
      await control.change(id, { draining: null });
      switches.resetCircuits(id);
    } else
      throw new GatewayError('GW_VALIDATION', {
        message: 'Unknown action; there are drain, reset_metrics and restart',
      });
  }
};

/** All that one of the actions changes, for the audit log. */
function actedOnView(backend: BackendReport | undefined) {
  return { ...backendSettingsView(backend), ...circuitStateView(backend), ...backendFiguresView(backend) };
}

export default fp(compatApi, { name: 'compat-api', dependencies: ['errors', 'schemas', 'auth'] });
