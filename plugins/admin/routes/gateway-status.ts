/** How this gateway is, in one answer: for operators and `sluice status`. */
import fp from 'fastify-plugin';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { COMMON_ERRORS, errorAnswers } from '../../../src/api/error-schema.ts';
import { refTo } from '../../../src/api/json-types.ts';
import type { CertificateReports } from '../../../src/certificates/certificate-report.ts';
import type { DiscoveryControl } from '../../../src/discovery/discovery-report.ts';
import type { Fleet } from '../../../src/fleet/fleet-report.ts';
import type { PoolWithFallback } from '../../../src/health/api/gateway-health-view.ts';
import { GatewayStatusView, gatewayStatusView } from '../../../src/health/api/gateway-status-view.ts';
import type { Configuration } from '../../../src/reload/configuration.ts';
import type { Telemetry } from '../../../src/telemetry/control/reports.ts';

export interface GatewayStatusOptions {
  readonly telemetry: Telemetry;
  /** Why it is not ready; empty: it is. */
  readonly readiness: () => { readonly reasons: readonly string[] };
  readonly pools: () => readonly PoolWithFallback[];
  readonly configuration: Configuration;
  readonly certificates: CertificateReports;
  readonly discovery: DiscoveryControl;
  readonly fleet: Fleet;
}

const status: FastifyPluginAsyncTypebox<GatewayStatusOptions> = async (app, options) => {
  app.get(
    '/v1/api/status',
    {
      schema: {
        tags: ['probes'],
        operationId: 'getStatus',
        summary: 'Read how the gateway is',
        description: 'Always 200: `status` sums it up.',
        response: {
          200: refTo(GatewayStatusView, { description: 'The current state' }),
          ...errorAnswers(...COMMON_ERRORS),
        },
      },
    },
    async () =>
      gatewayStatusView({
        gateway: options.telemetry.report(),
        unready: options.readiness().reasons,
        pools: options.pools(),
        configuration: options.configuration.report(),
        revision: options.configuration.versions()[0]?.number ?? null,
        certificates: options.certificates.list(),
        discovery: options.discovery.report(),
        fleet: options.fleet.report(),
      }),
  );
};

export default fp(status, { name: 'gateway-status', dependencies: ['schemas', 'auth'] });
