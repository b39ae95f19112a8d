/** The answer of GET /v1/api/health. */
import { Type, type Static } from '@sinclair/typebox';
import { nullable } from '../../api/json-types.ts';
import { stringEnum } from '../../api/string-enum.ts';
import { HEALTH_STATES } from '../../backends/core/backends-vocabulary.ts';
import type { BackendReport } from '../../telemetry/control/reports.ts';

/** The part of a pool's settings needed here. */
export interface PoolWithFallback {
  readonly name: string;
  readonly fallback: { readonly pool: string } | null;
}

const count = (description: string) => Type.Integer({ minimum: 0, description });

export const GatewayHealthView = Type.Object(
  {
    status: stringEnum(['healthy', 'degraded', 'unavailable'], {
      description:
        'unavailable: not ready, or a pool and its fallback have no available backend; degraded: a backend is unhealthy or gets no requests',
    }),
    reasons: Type.Array(Type.String(), { description: 'Reasons why it is not healthy, one sentence each' }),
    pools: Type.Array(
      Type.Object({
        name: Type.String(),
        backends: count('Of the pool'),
        available: count('Available for requests'),
        healthy: count('Without any problem'),
      }),
    ),
    backends: Type.Array(
      Type.Object({
        id: Type.String(),
        pool: Type.String(),
        state: stringEnum(HEALTH_STATES),
        state_reason: nullable(Type.String()),
        available: Type.Boolean(),
        reason: nullable(Type.String({ description: 'Why it gets no requests' })),
      }),
      { description: 'Backends that are unhealthy or unavailable' },
    ),
  },
  { description: 'Health of the gateway and its backends' },
);

/** @param reasons why the gateway is not ready. @param settings of the pools */
export function gatewayHealthView(
  reports: readonly BackendReport[],
  reasons: readonly string[],
  settings: readonly PoolWithFallback[],
): Static<typeof GatewayHealthView> {
  const pools = new Map<string, { name: string; backends: number; available: number; healthy: number }>();
  for (const { pool, available, state } of reports) {
    const counts = pools.get(pool) ?? { name: pool, backends: 0, available: 0, healthy: 0 };
    counts.backends += 1;
    if (available) counts.available += 1;
    if (state === 'healthy') counts.healthy += 1;
    pools.set(pool, counts);
  }
  const fallbacks = new Map(settings.map(({ name, fallback }) => [name, fallback?.pool]));
  const served = (name: string): boolean => {
    let next: string | undefined = name;
    while (next !== undefined && (pools.get(next)?.available ?? 0) === 0) next = fallbacks.get(next);
    return next !== undefined;
  };
  const empty = [...pools.values()].filter(({ available }) => available === 0);
  const dead = empty.filter(({ name }) => !served(name));
  const troubled = reports.filter(({ available, state }) => !available || state !== 'healthy');
  return {
    status: reasons.length + dead.length > 0 ? 'unavailable' : troubled.length > 0 ? 'degraded' : 'healthy',
    reasons: [
      ...reasons,
      ...empty.map(({ name }) => `pool ${name} has no available backend${served(name) ? ': its fallback serves' : ''}`),
      ...troubled.map(({ id, reason, state, stateReason }) => `backend ${id}: ${stateReason ?? reason ?? state}`),
    ],
    pools: [...pools.values()],
    backends: troubled.map(({ id, pool, available, reason, state, stateReason }) => ({
      id,
      pool,
      state,
      state_reason: stateReason,
      available,
      reason,
    })),
  };
}
