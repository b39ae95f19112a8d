/** The answer of GET /v1/api/status: how a gateway is, on one screen. */
import { Type, type Static } from '@sinclair/typebox';
import { isoTime, nullable, refTo, timestamp } from '../../api/json-types.ts';
import { stringEnum } from '../../api/string-enum.ts';
import type { CertificateReport } from '../../certificates/certificate-report.ts';
import { round } from '../../core/round.ts';
import { BUILD_KINDS } from '../../distribution/core/distribution-vocabulary.ts';
import type { PoolReport } from '../../discovery/discovery-report.ts';
import { EVENT_KINDS, type EventKind } from '../../events/core/events-vocabulary.ts';
import { UNCHECKED_HINT } from '../core/default-check.ts';
import { driftText } from '../../fleet/core/drift-text.ts';
import { LIMIT_MODES } from '../../fleet/core/fleet-vocabulary.ts';
import type { FleetReport } from '../../fleet/fleet-report.ts';
import type { ConfigurationReport } from '../../reload/configuration.ts';
import { DatabaseView, sharedFields, ThreadView } from '../../telemetry/api/gateway-view.ts';
import type { GatewayReport } from '../../telemetry/control/reports.ts';
import { BUILD, COMMIT } from '../../version.ts';
import { GatewayHealthView, gatewayHealthView, type PoolWithFallback } from './gateway-health-view.ts';

const { status, reasons, pools } = GatewayHealthView.properties;
const share = (description: string) => nullable(Type.Number({ minimum: 0, maximum: 1, description }));

export const GatewayStatusView = Type.Object(
  {
    status,
    reasons,
    gateway: Type.String({ description: 'Name of this gateway' }),
    version: Type.String(),
    commit: nullable(Type.String({ description: 'That it was built from; null: unknown, as in a clone' })),
    build: stringEnum(BUILD_KINDS, { description: 'What runs: a clone, the npm package, the executable or the image' }),
    uptime_seconds: Type.Number({ minimum: 0 }),
    requests_per_second: Type.Number(),
    in_flight: Type.Integer(),
    requests_total: Type.Integer({ description: 'Since start' }),
    error_share: share('Answers of 500 and above over the last minute; null: less than one request a second'),
    refused_share: share('Refused by a limit over the last minute; null: less than one request a second'),
    threads: Type.Array(refTo(ThreadView)),
    pools,
    limits: Type.Object({
      enabled: Type.Boolean(),
      dry_run: Type.Boolean({ description: 'Nothing is refused' }),
      mode: stringEnum(LIMIT_MODES, {
        description: 'local: counted by this gateway; shared: by Redis; slow, lost: Redis is slow or away',
      }),
    }),
    configuration: Type.Object({
      version: Type.Integer({ description: 'Of the current snapshot' }),
      revision: nullable(Type.Integer({ description: 'Number of the kept version; null: none is kept' })),
      file: nullable(Type.String({ description: 'Path as given at start; null: flags only' })),
      applied_at: timestamp(),
    }),
    database: refTo(DatabaseView),
    gateways: Type.Integer({ description: 'Live gateways that share the database, this one included' }),
    warnings: Type.Array(Type.Object({ kind: stringEnum(EVENT_KINDS), message: Type.String() }), {
      description: 'Things to look at that do not change `status`',
    }),
  },
  { $id: 'GatewayStatus', title: 'Status of the gateway' },
);

export type GatewayStatusAnswer = Static<typeof GatewayStatusView>;

export interface GatewayStatusReports {
  readonly gateway: GatewayReport;
  /** Why it is not ready. */
  readonly unready: readonly string[];
  readonly pools: readonly PoolWithFallback[];
  readonly configuration: ConfigurationReport;
  /** Number of the current version; null: none is kept. */
  readonly revision: number | null;
  readonly certificates: readonly CertificateReport[];
  readonly discovery: readonly PoolReport[];
  readonly fleet: FleetReport;
}

export function gatewayStatusView(reports: GatewayStatusReports): GatewayStatusAnswer {
  const { gateway: report, configuration, fleet, revision } = reports;
  const health = gatewayHealthView(report.backends, reports.unready, reports.pools);
  const { threads, database } = sharedFields(report);
  const own = fleet.live.find(({ id }) => id === fleet.ownId);
  return {
    status: health.status,
    reasons: health.reasons,
    gateway: fleet.name,
    version: report.version,
    commit: COMMIT,
    build: BUILD,
    uptime_seconds: report.uptimeSeconds,
    requests_per_second: report.requestsPerSecond,
    in_flight: report.inFlight,
    requests_total: report.requestsTotal,
    error_share: errorShare(report.routes),
    refused_share: report.limiter.refusedShare,
    threads,
    pools: health.pools,
    limits: {
      enabled: report.limiter.enabled,
      dry_run: report.limiter.dryRun,
      mode: own?.figures.limitMode ?? 'local',
    },
    configuration: {
      version: configuration.version,
      revision,
      file: configuration.file,
      applied_at: isoTime(configuration.appliedAt),
    },
    database,
    gateways: fleet.live.length,
    warnings: warningsOf(reports).map(([kind, message]) => ({ kind, message })),
  };
}

/** Of all routes together, each by its requests. */
function errorShare(routes: GatewayReport['routes']): number | null {
  const known = routes.filter(({ errorShare: errors }) => errors !== null);
  const requests = known.reduce((sum, route) => sum + route.requestsPerSecond, 0);
  if (requests === 0) return null;
  return round(known.reduce((sum, route) => sum + route.errorShare! * route.requestsPerSecond, 0) / requests);
}

type Warning = readonly [EventKind, string];

function warningsOf(reports: GatewayStatusReports): readonly Warning[] {
  const { gateway, configuration, certificates, discovery, fleet } = reports;
  const { lastError, restartRequired } = configuration;
  const mode = fleet.live.find(({ id }) => id === fleet.ownId)?.figures.limitMode;
  return [
    ...(lastError === null ? [] : [['configuration', `the last reload was refused: ${lastError}`] as const]),
    ...(restartRequired.length === 0
      ? []
      : [['configuration', `applies after a restart only: ${restartRequired.join(', ')}`] as const]),
    ...uncheckedWarnings(gateway.backends),
    ...gateway.threads
      .filter(({ state }) => state !== 'running')
      .map(({ index, state }): Warning => ['thread', `traffic thread ${index} is ${state}`]),
    ...(gateway.database.available
      ? []
      : [['database', 'the database is away: traffic continues, changes are refused'] as const]),
    ...(mode === 'slow' || mode === 'lost'
      ? [['limit', `Redis is ${mode === 'slow' ? 'slow' : 'away'}: shared limits are less exact`] as const]
      : []),
    ...(gateway.limiter.dryRun ? [['limit', 'dry run: no limit refuses anything'] as const] : []),
    ...certificates.flatMap(certificateWarnings),
    ...discovery
      .filter(({ state }) => state === 'failing')
      .map(({ pool, lastError: error }): Warning => ['discovery', `pool ${pool}: ${error ?? 'its source fails'}`]),
    ...fleet.lost.map(({ name }): Warning => ['fleet', `gateway ${name} is lost`]),
    ...fleet.drift.map((drift): Warning => ['fleet', driftText(drift)]),
    ...gateway.exporters
      .filter(({ state }) => state === 'failing')
      .map(({ signal, lastError: error }): Warning => ['telemetry', `export of ${signal}: ${error ?? 'failing'}`]),
  ];
}

/** One for each pool. */
function uncheckedWarnings(backends: GatewayReport['backends']): readonly Warning[] {
  const unchecked = Map.groupBy(
    backends.filter(({ hint }) => hint !== null),
    ({ pool }) => pool,
  );
  return [...unchecked].map(([pool, all]) => {
    const which = all.length === 1 ? `backend ${all[0]!.id}` : `${all.length} backends`;
    return ['health', `pool ${pool}: ${which} unchecked: ${UNCHECKED_HINT}`];
  });
}

function certificateWarnings({ hosts: [host = '-'], state, error, source }: CertificateReport): readonly Warning[] {
  if (state === 'pending' && source === 'on_demand') return [];
  if (error !== null) return [['certificate', `${host}: ${error}`]];
  return state === 'ok' ? [] : [['certificate', `${host}: ${state.replaceAll('_', ' ')}`]];
}
