/** What GET /v1/api/fleet answers. */
import { Type, type Static } from '@sinclair/typebox';
import { isoTime, nullable, refTo, timestamp } from '../../api/json-types.ts';
import { stringEnum } from '../../api/string-enum.ts';
import { round } from '../../core/round.ts';
import {
  DRIFT_KINDS,
  FLEET_SOURCES,
  GATEWAY_STATES,
  type GatewayState,
  LIMIT_MODES,
} from '../core/fleet-vocabulary.ts';
import { driftText } from '../core/drift-text.ts';
import type { SeenBeat } from '../core/membership.ts';
import type { FleetReport } from '../fleet-report.ts';

export const FleetGatewayView = Type.Object(
  {
    id: Type.String({ description: 'Random, of the process' }),
    name: Type.String({ description: '`fleet.name`' }),
    this: Type.Boolean({ description: 'The gateway that answers' }),
    state: stringEnum(GATEWAY_STATES, { description: 'lost: it stopped reporting without leaving' }),
    version: Type.String(),
    uptime_seconds: Type.Number(),
    config_digest: nullable(
      Type.String({ description: 'The same on gateways with the same configuration; null: not known yet' }),
    ),
    admin_url: nullable(Type.String({ description: 'As it sees it itself; null: it does not listen yet' })),
    threads: Type.Integer({ description: 'Traffic threads' }),
    limit_mode: stringEnum(LIMIT_MODES, {
      description:
        'local: without `redis`, it counts for itself; slow: it does not wait for Redis, and limits are less exact; ' +
        'lost: without Redis, it admits its share of each limit',
    }),
    limit_mode_seconds: nullable(Type.Number({ description: 'For how long it has been slow or lost; null: neither' })),
    requests_per_second: Type.Number({ description: 'Between its last two beats' }),
    refused_per_second: Type.Number({ description: 'The same of requests that a rate limit refused' }),
    seen_seconds_ago: Type.Number({ description: 'Time since its last beat, by the clock of the database' }),
  },
  { $id: 'FleetGateway', title: 'Gateway of the fleet' },
);

export const FleetDriftView = Type.Object(
  {
    kind: stringEnum(DRIFT_KINDS, {
      description: 'config and version should be the same on all live gateways; name must not be',
    }),
    message: Type.String(),
    groups: Type.Array(
      Type.Object({
        value: Type.String({ description: 'The digest, version or name' }),
        gateways: Type.Array(Type.String(), { description: 'Names of those that have it; of `name`: their ids' }),
      }),
    ),
  },
  { $id: 'FleetDrift', title: 'Disagreement between gateways' },
);

export const FleetView = Type.Object(
  {
    name: Type.String({ description: 'Name of the gateway that answers' }),
    source: stringEnum(FLEET_SOURCES, {
      description: 'last_known: the database is away; alone: the embedded database is one gateway’s',
    }),
    as_of: nullable(timestamp({ description: 'When the database was last read; null: never' })),
    live: Type.Integer({ description: 'Number of live gateways, the one that answers included' }),
    requests_per_second: Type.Number({ description: 'Of all live gateways' }),
    refused_per_second: Type.Number({ description: 'Of all live gateways' }),
    drift: Type.Array(refTo(FleetDriftView), { description: 'Empty: nothing to warn of' }),
    items: Type.Array(refTo(FleetGatewayView), { description: 'By name; lost ones for an hour' }),
  },
  { $id: 'Fleet', title: 'Gateways that share a database' },
);

export type FleetAnswer = Static<typeof FleetView>;

export function fleetView({ name, ownId, source, asOf, live, lost, drift }: FleetReport): FleetAnswer {
  const sum = (of: (beat: SeenBeat) => number): number => round(live.reduce((total, beat) => total + of(beat), 0));
  const items = [
    ...live.map((beat) => gatewayView(beat, 'live', ownId)),
    ...lost.map((beat) => gatewayView(beat, 'lost', ownId)),
  ];
  return {
    name,
    source,
    as_of: asOf === null ? null : isoTime(asOf),
    live: live.length,
    requests_per_second: sum(({ figures }) => figures.requestsPerSecond),
    refused_per_second: sum(({ figures }) => figures.refusedPerSecond),
    drift: drift.map((each) => ({
      kind: each.kind,
      message: driftText(each),
      groups: each.groups.map(({ value, gateways }) => ({ value, gateways: [...gateways] })),
    })),
    items: items.toSorted((one, other) => (one.name === other.name ? 0 : one.name < other.name ? -1 : 1)),
  };
}

function gatewayView(beat: SeenBeat, state: GatewayState, ownId: string): Static<typeof FleetGatewayView> {
  const { requestsPerSecond, refusedPerSecond, threads, limitMode, limitModeSeconds } = beat.figures;
  return {
    id: beat.id,
    name: beat.name,
    this: beat.id === ownId,
    state,
    version: beat.version,
    uptime_seconds: round(beat.uptimeSeconds),
    config_digest: beat.configDigest === '' ? null : beat.configDigest,
    admin_url: beat.adminUrl,
    threads,
    limit_mode: limitMode,
    limit_mode_seconds: limitModeSeconds === null ? null : round(limitModeSeconds + beat.seenMsAgo / 1000),
    requests_per_second: requestsPerSecond,
    refused_per_second: refusedPerSecond,
    seen_seconds_ago: round(beat.seenMsAgo / 1000),
  };
}
