/**
 * A backend as operators see it: the only place where a report takes the shape of the wire, for REST and WebSocket
 * alike.
 */
import { Type, type Static } from '@sinclair/typebox';
import { BACKEND_SOURCES, OVERLAY_FIELDS, PROBE_STATES, UNAVAILABLE_REASONS } from '../core/backends-vocabulary.ts';
import { CIRCUIT_STATES } from '../../breaker/core/breaker-vocabulary.ts';
import type { BackendReport } from '../../telemetry/control/reports.ts';
import { backendMetricsView, metricFields } from './backend-metrics-view.ts';
import { conditionFields, conditionView } from './backend-condition-view.ts';
import { isoTimeOrNull, nullable, timestamp } from '../../api/json-types.ts';
import { stringEnum } from '../../api/string-enum.ts';

export const BackendView = Type.Object(
  {
    id: Type.String(),
    opaque_id: Type.String({
      description: 'The id shown to clients, in X-Sluice-Backend and in sticky cookies',
    }),
    url: Type.String(),
    addresses: Type.Array(Type.String(), {
      description: 'Addresses that requests go to; for a host name, those it resolves to; empty: it never resolved',
    }),
    addresses_down: Type.Array(Type.String(), {
      description: 'Addresses that are skipped because their health checks fail while those of others succeed',
    }),
    resolution: nullable(
      Type.Object(
        {
          host: Type.String(),
          since: nullable(
            timestamp({ description: 'The addresses have been the same since then; null: it never resolved' }),
          ),
          checked_at: nullable(timestamp({ description: 'Time of the last lookup; null: none yet' })),
          error: nullable(Type.String({ description: 'Reason why the last lookup failed' })),
        },
        { description: 'Resolution of its host name; null: the URL has an address' },
      ),
    ),
    pool: Type.String(),
    source: stringEnum(BACKEND_SOURCES, {
      description:
        'file: from the configuration file; discovery: found by the source of its pool; api: added by the API',
    }),
    overrides: Type.Array(stringEnum(Object.values(OVERLAY_FIELDS)), {
      description: 'Fields that the API overrides; DELETE removes the overrides',
    }),
    file: nullable(
      Type.Unsafe<Readonly<Record<string, unknown>>>({
        type: 'object',
        additionalProperties: true,
        description: 'The file’s values of `overrides`; null if there are none',
      }),
    ),
    version: Type.Integer({ description: 'Version of the overrides, 0: none; the ETag is derived from it' }),
    alive: Type.Boolean({ description: 'False only when its health checks fail' }),
    healthy: nullable(Type.Boolean({ description: 'Result of the health checks; null: unknown or unchecked' })),
    probes: stringEnum(PROBE_STATES, {
      description:
        'Result of the health checks; unknown: none has ended yet; unchecked: checks are off, or none is configured and the backend has no `/health`: it gets requests',
    }),
    hint: nullable(
      Type.String({ description: 'What to do so that its health is checked; null: nothing, or checks are off' }),
    ),
    available: Type.Boolean({ description: 'Whether it gets requests' }),
    reason: nullable(
      stringEnum(UNAVAILABLE_REASONS, {
        description: 'Why it is not available; null if it is',
      }),
    ),
    circuit: stringEnum(CIRCUIT_STATES),
    circuit_forced_until: nullable(
      timestamp({ description: 'Opened by an operator until then; null: not opened by one' }),
    ),
    enabled: Type.Boolean(),
    backup: Type.Boolean({ description: 'Gets requests only while no other backend can take them' }),
    max_in_flight: nullable(
      Type.Integer({
        minimum: 1,
        description: "Limit of requests in flight, its own or the pool's; null: unlimited",
      }),
    ),
    region: nullable(Type.String({ description: 'Where it runs; null: unknown' })),
    zone: nullable(Type.String({ description: 'Where it runs; null: unknown' })),
    draining: Type.Boolean({ description: 'Gets no new requests; those in flight may finish' }),
    drained: Type.Boolean({ description: 'Draining, with no requests in flight' }),
    weight: Type.Number({ description: 'As configured' }),
    effective_weight: Type.Number({ description: 'The current weight, including slow start and adaptation' }),
    connections: Type.Integer({ description: 'The same as in_flight' }),
    ...metricFields,
    last_checked: nullable(timestamp({ description: 'Time of the last health check; null: none yet' })),
    last_error: nullable(Type.String({ description: 'Reason why the last health check failed' })),
    ...conditionFields,
  },
  { $id: 'Backend', title: 'Backend' },
);

export type BackendView = Static<typeof BackendView>;

/** The fields that the API may change, for the audit log; null: there is none. */
export function backendSettingsView(backend: BackendReport | undefined): Readonly<Record<string, unknown>> | null {
  if (backend === undefined) return null;
  const { pool, url, weight, enabled, draining, backup, maxInFlight } = backend;
  return { pool, url, weight, enabled, draining, backup, max_in_flight: maxInFlight };
}

/** The state of a circuit, for the audit log. */
export function circuitStateView(backend: BackendReport | undefined): Readonly<Record<string, unknown>> | null {
  if (backend === undefined) return null;
  return { circuit: backend.circuit.state, forced_until: isoTimeOrNull(backend.circuit.forcedUntil) };
}

export function backendView(backend: BackendReport): BackendView {
  const { source, overrides, file, version } = backend.origin;
  return {
    id: backend.id,
    opaque_id: backend.opaqueId,
    url: backend.url,
    addresses: [...backend.addresses],
    addresses_down: [...backend.addressesDown],
    resolution: backend.resolution && {
      host: backend.resolution.host,
      since: isoTimeOrNull(backend.resolution.since),
      checked_at: isoTimeOrNull(backend.resolution.checkedAt),
      error: backend.resolution.error,
    },
    pool: backend.pool,
    source,
    overrides: overrides.map((key) => OVERLAY_FIELDS[key]),
    file: file && Object.fromEntries(overrides.map((key) => [OVERLAY_FIELDS[key], file[key]])),
    version,
    alive: backend.healthy !== false,
    healthy: backend.healthy,
    probes: backend.probes,
    hint: backend.hint,
    available: backend.available,
    reason: backend.reason,
    circuit: backend.circuit.state,
    circuit_forced_until: isoTimeOrNull(backend.circuit.forcedUntil),
    enabled: backend.enabled,
    backup: backend.backup,
    max_in_flight: backend.maxInFlight,
    region: backend.region,
    zone: backend.zone,
    draining: backend.draining,
    drained: backend.draining && backend.inFlight === 0,
    weight: backend.weight,
    effective_weight: backend.effectiveWeight,
    connections: backend.inFlight,
    ...backendMetricsView(backend),
    last_checked: isoTimeOrNull(backend.lastCheckedAt),
    last_error: backend.lastError,
    ...conditionView(backend),
  };
}
