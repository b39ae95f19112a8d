/** Backend ports that refuse everything, for an admin app whose test is about something else. */
import { GatewayError } from '../../src/errors.ts';
import type { BackendControl, BackendSwitches } from '../../src/backends/backend-control.ts';

const notFound = (): never => {
  throw new GatewayError('GW_BACKEND_NOT_FOUND');
};

export const fakeBackendControl: BackendControl = {
  create: async () => notFound(),
  change: async () => notFound(),
  replace: async () => notFound(),
  setEnabled: async () => notFound(),
  remove: async () => notFound(),
  overlay: () => [],
};

export const fakeBackendSwitches: BackendSwitches = {
  resetMetrics: async () => notFound(),
  named: notFound,
  resetCircuits: async () => notFound(),
  openCircuits: async () => notFound(),
};
