/** What GET /v1/api/discovery answers. */
import { Type, type Static } from '@sinclair/typebox';
import { isoTime, isoTimeOrNull, nullable, refTo, timestamp } from '../../api/json-types.ts';
import { stringEnum } from '../../api/string-enum.ts';
import { round } from '../../core/round.ts';
import { DISCOVERY_STATES, ROUTE_PROVIDERS } from '../core/discovery-vocabulary.ts';
import type { MemberReport, PoolReport, ProviderReport } from '../discovery-report.ts';

const DiscoveredMemberView = Type.Object({
  id: Type.String({ description: 'Of the backend that it is, in /v1/api/backends' }),
  url: Type.String(),
  address: Type.String(),
  port: Type.Integer(),
  weight: Type.Integer(),
  backup: Type.Boolean(),
  draining: Type.Boolean({ description: 'The source lists it as leaving: it gets no new requests' }),
  region: nullable(Type.String({ description: 'As the source states it; null: it does not' })),
  zone: nullable(Type.String()),
  uid: nullable(Type.String({ description: 'Identity of the process behind the address' })),
  proven: Type.Boolean({
    description: 'False: only the list of the last run has it; it gets no requests before a health check succeeds',
  }),
  held: nullable(
    Type.Object(
      {
        since: timestamp(),
        until: nullable(timestamp({ description: 'null: while its health checks succeed' })),
        reason: Type.String(),
      },
      { description: 'The source no longer lists it, and it stays for now; null: it is listed' },
    ),
  ),
});

export const DiscoveryPoolView = Type.Object(
  {
    pool: Type.String(),
    source: Type.String({ description: 'Kind of the source, as in `discover`' }),
    strong: Type.Boolean({ description: 'An empty list is meant; false: members that still answer are held' }),
    state: stringEnum(DISCOVERY_STATES, {
      description:
        'starting: nothing is known yet; cached: only the list of the last run; failing: the last answer failed, the members stay',
    }),
    age_seconds: nullable(Type.Number({ description: 'Since the last list; null: none yet' })),
    last_error: nullable(Type.String()),
    failing_since: nullable(timestamp({ description: 'null: the source answers' })),
    failures: Type.Integer({ description: 'Failed answers since the start of the gateway' }),
    changes: Type.Integer({ description: 'Changes of the members since the start of the gateway' }),
    refused: Type.Array(Type.String(), { description: 'Entries that were left out, each with the reason' }),
    members: Type.Array(DiscoveredMemberView),
  },
  { $id: 'DiscoveryPool', title: 'Members of a pool' },
);

const RouteProviderView = Type.Object({
  provider: stringEnum(ROUTE_PROVIDERS),
  state: stringEnum(DISCOVERY_STATES, {
    description: 'starting: nothing is known yet; failing: the last answer failed, the routes stay',
  }),
  age_seconds: nullable(Type.Number({ description: 'Since the last list; null: none yet' })),
  last_error: nullable(Type.String()),
  failing_since: nullable(timestamp({ description: 'null: the provider answers' })),
  failures: Type.Integer({ description: 'Failed answers since the start of the gateway' }),
  changes: Type.Integer({ description: 'Changes of the routes since the start of the gateway' }),
  routes: Type.Array(Type.String(), { description: 'Names of its routes that apply' }),
  problems: Type.Array(
    Type.Object({
      subject: Type.String({ description: 'Object that was refused, or of which a part does not apply' }),
      message: Type.String(),
    }),
    { description: 'What does not apply, and why' },
  ),
});

export const DiscoveryView = Type.Object(
  {
    items: Type.Array(refTo(DiscoveryPoolView), { description: 'Pools with `discover`' }),
    providers: Type.Array(RouteProviderView, { description: 'Where routes come from besides the file' }),
  },
  { $id: 'Discovery', title: 'Members of pools and routes, as discovery sees them' },
);

export type DiscoveryAnswer = Static<typeof DiscoveryView>;

export function discoveryView(pools: readonly PoolReport[], providers: readonly ProviderReport[]): DiscoveryAnswer {
  return {
    providers: providers.map((each) => ({
      provider: each.provider,
      state: each.state,
      age_seconds: each.ageMs === null ? null : round(each.ageMs / 1000),
      last_error: each.lastError,
      failing_since: isoTimeOrNull(each.failingSince),
      failures: each.failuresTotal,
      changes: each.changesTotal,
      routes: [...each.routes],
      problems: each.problems.map((problem) => ({ ...problem })),
    })),
    items: pools.map(discoveryPoolView),
  };
}

export function discoveryPoolView(pool: PoolReport): Static<typeof DiscoveryPoolView> {
  return {
    pool: pool.pool,
    source: pool.source,
    strong: pool.isStrong,
    state: pool.state,
    age_seconds: pool.ageMs === null ? null : round(pool.ageMs / 1000),
    last_error: pool.lastError,
    failing_since: isoTimeOrNull(pool.failingSince),
    failures: pool.failuresTotal,
    changes: pool.changesTotal,
    refused: [...pool.refused],
    members: pool.members.map(memberView),
  };
}

function memberView({ isProven, held, ...member }: MemberReport): Static<typeof DiscoveredMemberView> {
  const { id, url, address, port, weight, backup, draining, region, zone, uid } = member;
  return {
    id,
    url,
    address,
    port,
    weight,
    backup,
    draining,
    region,
    zone,
    uid,
    proven: isProven,
    held: held && { since: isoTime(held.since), until: isoTimeOrNull(held.until), reason: held.reason },
  };
}
