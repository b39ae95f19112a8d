/** The one-word actions on a backend: drain, undrain, enable, disable, reset-metrics. */
import fp from 'fastify-plugin';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import {
  disableBackend,
  drainBackend,
  enableBackend,
  resetBackendMetrics,
  undrainBackend,
} from '../../../src/backends/api/backend-routes.ts';
import { resettableMetricsView } from '../../../src/backends/api/backend-metrics-view.ts';
import { backendSettingsView } from '../../../src/backends/api/backend-view.ts';
import type { BackendControl, BackendSwitches } from '../../../src/backends/backend-control.ts';
import type { Telemetry } from '../../../src/telemetry/control/reports.ts';

export interface BackendActionsOptions {
  readonly telemetry: Telemetry;
  readonly control: BackendControl;
  readonly switches: BackendSwitches;
}

type Act = (id: string, versions: readonly number[] | undefined) => Promise<void>;

const backendActions: FastifyPluginAsyncTypebox<BackendActionsOptions> = async (app, options) => {
  const { telemetry, control, switches } = options;
  const shown = (id: string) => backendSettingsView(telemetry.backend(id));

  const actions = [
    ['drain', drainBackend, (id, versions) => control.change(id, { draining: true }, versions)],
    ['undrain', undrainBackend, (id, versions) => control.change(id, { draining: null }, versions)],
    ['enable', enableBackend, (id, versions) => control.setEnabled(id, true, versions)],
    ['disable', disableBackend, (id, versions) => control.setEnabled(id, false, versions)],
  ] satisfies readonly (readonly [string, object, Act])[];

  for (const [name, schema, act] of actions) {
    app.post(`/v1/api/backends/:id/${name}`, { schema }, async (request, reply) => {
      const { id } = request.params;
      const before = shown(id);
      await act(id, app.backendVersions(request, id));
      request.audited = { before, after: shown(id) };
      return reply.backendAnswer(id);
    });
  }

  app.post('/v1/api/backends/:id/reset-metrics', { schema: resetBackendMetrics }, async (request, reply) => {
    const { id } = request.params;
    const before = resettableMetricsView(telemetry.backend(id));
    await switches.resetMetrics(id);
    request.audited = { before, after: resettableMetricsView(telemetry.backend(id)) };
    return reply.backendAnswer(id);
  });
};

export default fp(backendActions, { name: 'backend-actions', dependencies: ['backends'] });
