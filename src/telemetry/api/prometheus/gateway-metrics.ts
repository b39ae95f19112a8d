/** The gateway as a whole: build, configuration, database, limiter. */
import { labelText } from '../../exposition.ts';
import { DRIFT_KINDS, FLEET_SOURCES } from '../../../fleet/core/fleet-vocabulary.ts';
import { DECISION_PATHS, SHARED_MODES } from '../../../limits/core/limits-vocabulary.ts';
import type { Metric } from './metric.ts';

export const GATEWAY_METRICS: readonly Metric[] = [
  {
    name: 'sluice_build_info',
    type: 'gauge',
    help: 'Always 1; the labels say what runs',
    labels: ['version', 'node_version'],
    write: ({ report, process }, into) =>
      into.sample(labelText({ version: report.version, node_version: process.nodeVersion }), 1),
  },
  {
    name: 'sluice_gateway_info',
    type: 'gauge',
    help: 'Always 1; name is fleet.name, to join with other series of this instance',
    labels: ['name'],
    write: ({ fleet: { name } }, into) => into.sample(labelText({ name }), 1),
  },
  {
    name: 'sluice_scale_wanted_gateways',
    type: 'gauge',
    help: 'Gateways that there should be by fleet.scale; missing without it',
    labels: [],
    write: ({ scale }, into) => {
      if (scale.gateway !== null) into.sample('', scale.gateway.wanted);
    },
  },
  {
    name: 'sluice_fleet_gateways',
    type: 'gauge',
    help: 'Live gateways, this one included, by how this one knows: database, last_known while that is away, or alone; 0 for the others',
    labels: ['source'],
    write: ({ fleet: { live, source } }, into) => {
      for (const each of FLEET_SOURCES) into.sample(labelText({ source: each }), each === source ? live.length : 0);
    },
  },
  {
    name: 'sluice_fleet_lost_gateways',
    type: 'gauge',
    help: 'Gateways that stopped reporting in the last hour without leaving',
    labels: [],
    write: ({ fleet: { lost } }, into) => into.sample('', lost.length),
  },
  {
    name: 'sluice_fleet_drift',
    type: 'gauge',
    help: '1 if live gateways differ in config or version, or if two have one name',
    labels: ['kind'],
    write: ({ fleet: { drift } }, into) => {
      for (const kind of DRIFT_KINDS) {
        into.sample(labelText({ kind }), Number(drift.some((each) => each.kind === kind)));
      }
    },
  },
  {
    name: 'sluice_shared_limit_mode',
    type: 'gauge',
    help: '1 for how limits are shared with other gateways: shared, slow (nobody waits for Redis) or lost (this gateway admits its share)',
    labels: ['mode'],
    write: ({ sharing }, into) => {
      if (sharing === null) return;
      for (const mode of SHARED_MODES) into.sample(labelText({ mode }), Number(mode === sharing.mode));
    },
  },
  {
    name: 'sluice_shared_limit_gateways',
    type: 'gauge',
    help: 'Gateways that share the limits, this one included',
    labels: [],
    write: ({ sharing }, into) => {
      if (sharing !== null) into.sample('', sharing.gateways);
    },
  },
  {
    name: 'sluice_shared_limit_decisions_total',
    type: 'counter',
    help: 'Decisions on shared limits by what they were based on: lease, far, asked, known_empty, slow, share, late',
    labels: ['path'],
    write: ({ sharing }, into) => {
      if (sharing === null) return;
      for (const path of DECISION_PATHS) into.sample(labelText({ path }), sharing.decisions[path]);
    },
  },
  {
    name: 'sluice_shared_limit_wait_seconds_total',
    type: 'counter',
    help: 'What requests waited for Redis',
    labels: [],
    write: ({ sharing }, into) => {
      if (sharing !== null) into.sample('', sharing.waitedMs / 1000);
    },
  },
  {
    name: 'sluice_shared_limit_rtt_seconds',
    type: 'gauge',
    help: 'Average round trip to Redis, of the slowest thread',
    labels: [],
    write: ({ sharing }, into) => {
      if (sharing !== null) into.sample('', sharing.rttMs / 1000);
    },
  },
  {
    name: 'sluice_config_version',
    type: 'gauge',
    help: 'Version of the current configuration; it grows with each change',
    labels: [],
    write: ({ report }, into) => into.sample('', report.snapshot),
  },
  {
    name: 'sluice_config_last_reload_successful',
    type: 'gauge',
    help: '1 unless the last reload of the configuration was refused',
    labels: [],
    write: ({ configuration }, into) => into.sample('', Number(configuration.isLastReloadGood)),
  },
  {
    name: 'sluice_config_last_reload_success_timestamp_seconds',
    type: 'gauge',
    help: 'When the current configuration was applied, in seconds since the epoch',
    labels: [],
    write: ({ configuration }, into) => into.sample('', configuration.appliedAt / 1000),
  },
  {
    name: 'sluice_config_reverts_total',
    type: 'counter',
    help: 'Changes of the configuration that were taken back because they made something worse',
    labels: [],
    write: ({ configuration }, into) => into.sample('', configuration.reverts),
  },
  {
    name: 'sluice_database_up',
    type: 'gauge',
    help: '1 while the database answers; mode is embedded or postgres',
    labels: ['mode'],
    write: ({ report: { database } }, into) =>
      into.sample(labelText({ mode: database.mode }), Number(database.available)),
  },
  {
    name: 'sluice_name_lookups_total',
    type: 'counter',
    help: "Lookups of backends' host names by result: found or failed",
    labels: ['result'],
    write: ({ nameLookups: { lookups, failures } }, into) => {
      into.sample('result="found"', lookups - failures);
      into.sample('result="failed"', failures);
    },
  },
  {
    name: 'sluice_certificate_expiry_timestamp_seconds',
    type: 'gauge',
    help: 'When the certificate for clients expires, in seconds since the epoch; host is its first one',
    labels: ['host'],
    write: ({ certificates: { expiries } }, into) => {
      for (const { host, atSeconds } of expiries) into.sample(labelText({ host }), atSeconds);
    },
  },
  {
    name: 'sluice_certificate_life_left_ratio',
    type: 'gauge',
    help: 'Share of the life of the certificate for clients that is left, 0 once it has expired; host is its first one',
    labels: ['host'],
    write: ({ certificates: { expiries } }, into) => {
      for (const { host, left } of expiries) into.sample(labelText({ host }), left);
    },
  },
  {
    name: 'sluice_certificate_changes_total',
    type: 'counter',
    help: 'Changed files of certificates for clients by result: applied, or refused because they cannot be served',
    labels: ['result'],
    write: ({ certificates: { replacedTotal, refusedTotal } }, into) => {
      into.sample('result="applied"', replacedTotal);
      into.sample('result="refused"', refusedTotal);
    },
  },
  {
    name: 'sluice_certificate_orders_total',
    type: 'counter',
    help: 'Orders of configured automatic certificates by this gateway, by result: issued or failed',
    labels: ['result'],
    write: ({ certificates: { issuedTotal, failedTotal } }, into) => {
      into.sample('result="issued"', issuedTotal);
      into.sample('result="failed"', failedTotal);
    },
  },
  {
    name: 'sluice_on_demand_certificates',
    type: 'gauge',
    help: 'Certificates on demand of all gateways of the database, by state: pending, ok, expiring, expired or not_yet_valid',
    labels: ['state'],
    write: ({ certificates: { onDemand } }, into) => {
      for (const [state, count] of Object.entries(onDemand?.states ?? {})) into.sample(labelText({ state }), count);
    },
  },
  {
    name: 'sluice_on_demand_requests_total',
    type: 'counter',
    help: 'Names without a certificate that clients asked this gateway for, by result: served, refused by the ask URL, limited, or failed',
    labels: ['result'],
    write: ({ certificates: { onDemand } }, into) => {
      if (onDemand === null) return;
      into.sample('result="served"', onDemand.servedTotal);
      into.sample('result="refused"', onDemand.refusedTotal);
      into.sample('result="limited"', onDemand.limitedTotal);
      into.sample('result="failed"', onDemand.failedTotal);
    },
  },
  {
    name: 'sluice_on_demand_asks_total',
    type: 'counter',
    help: 'Questions of this gateway to the ask URL, by result: yes, no, or failed, which is no answer in time or one of 500 and above',
    labels: ['result'],
    write: ({ certificates: { onDemand } }, into) => {
      for (const [result, count] of Object.entries(onDemand?.asks ?? {})) into.sample(labelText({ result }), count);
    },
  },
  {
    name: 'sluice_on_demand_orders_total',
    type: 'counter',
    help: 'Orders and renewals of certificates on demand by this gateway, by result: issued or failed',
    labels: ['result'],
    write: ({ certificates: { onDemand } }, into) => {
      if (onDemand === null) return;
      into.sample('result="issued"', onDemand.orders.issuedTotal);
      into.sample('result="failed"', onDemand.orders.failedTotal);
    },
  },
  {
    name: 'sluice_auth_failures_total',
    type: 'counter',
    help: 'Requests that the authentication of their route refused, by reason: missing, invalid, expired, scope, keys, service or attempts',
    labels: ['reason'],
    write: ({ authFailures }, into) => {
      for (const [reason, count] of Object.entries(authFailures)) into.sample(labelText({ reason }), count);
    },
  },
  {
    name: 'sluice_auth_keys',
    type: 'gauge',
    help: 'Public keys from this source that verify tokens; 0 if none were ever fetched',
    labels: ['source'],
    write: ({ keySources }, into) => {
      for (const { source, keys } of keySources) into.sample(labelText({ source }), keys);
    },
  },
  {
    name: 'sluice_auth_keys_age_seconds',
    type: 'gauge',
    help: 'Time since the keys were last fetched; missing if they never were',
    labels: ['source'],
    write: ({ keySources }, into) => {
      for (const { source, ageMs } of keySources) if (ageMs !== null) into.sample(labelText({ source }), ageMs / 1000);
    },
  },
  {
    name: 'sluice_auth_key_fetches_total',
    type: 'counter',
    help: 'Fetches of keys by result: done or failed',
    labels: ['source', 'result'],
    write: ({ keySources }, into) => {
      for (const { source, fetchedTotal, failedTotal } of keySources) {
        into.sample(labelText({ source, result: 'done' }), fetchedTotal);
        into.sample(labelText({ source, result: 'failed' }), failedTotal);
      }
    },
  },
  {
    name: 'sluice_mirrored_requests_total',
    type: 'counter',
    help: 'Copies of requests by result: answered, failed, or dropped because there was no room, no backend or too large a body',
    labels: ['result'],
    write: ({ mirrored }, into) => {
      for (const [result, count] of Object.entries(mirrored)) into.sample(labelText({ result }), count);
    },
  },
  {
    name: 'sluice_retries_total',
    type: 'counter',
    help: 'Retries on another backend',
    labels: [],
    write: ({ report }, into) => into.sample('', report.retriesTotal),
  },
  {
    name: 'sluice_cache_requests_total',
    type: 'counter',
    help: 'Requests on routes with a response cache by result: hit, revalidated (a backend confirmed it), stale, miss, or bypass (nothing for the cache)',
    labels: ['route', 'result'],
    write: ({ caches }, into) => {
      for (const { route, hits, revalidated, stale, misses, bypasses } of caches) {
        const results = { hit: hits, revalidated, stale, miss: misses, bypass: bypasses };
        for (const [result, count] of Object.entries(results)) into.sample(labelText({ route, result }), count);
      }
    },
  },
  {
    name: 'sluice_cache_stores_total',
    type: 'counter',
    help: 'Answers that the response caches have stored or renewed',
    labels: ['route'],
    write: ({ caches }, into) => {
      for (const { route, stores } of caches) into.sample(labelText({ route }), stores);
    },
  },
  {
    name: 'sluice_cache_evictions_total',
    type: 'counter',
    help: 'Answers that the response caches have removed to make room',
    labels: ['route'],
    write: ({ caches }, into) => {
      for (const { route, evictions } of caches) into.sample(labelText({ route }), evictions);
    },
  },
  {
    name: 'sluice_cache_bytes',
    type: 'gauge',
    help: 'Memory that the response caches of all threads take for stored answers',
    labels: ['route'],
    write: ({ caches }, into) => {
      for (const { route, bytes } of caches) into.sample(labelText({ route }), bytes);
    },
  },
];

export const LIMITER_METRICS: readonly Metric[] = [
  {
    name: 'sluice_limiter_decisions_total',
    type: 'counter',
    help: "Requests by the limiter's decision: allowed, allowlisted, refused_client, refused_global or refused_route",
    labels: ['decision'],
    write: ({ report: { limiter } }, into) => {
      into.sample('decision="allowed"', limiter.allowedTotal);
      into.sample('decision="allowlisted"', limiter.allowlistedTotal);
      into.sample('decision="refused_client"', limiter.refusedTotal);
      into.sample('decision="refused_global"', limiter.refusedGlobalTotal);
      into.sample('decision="refused_route"', limiter.refusedRouteTotal);
    },
  },
  {
    name: 'sluice_limiter_later_refusals_total',
    type: 'counter',
    help: 'Requests that no rate limit refused, and that were refused later, by reason: in_flight, limit_key, quota or shedding',
    labels: ['reason'],
    write: ({ report: { limiter } }, into) => {
      for (const [reason, count] of Object.entries(limiter.laterRefusals)) into.sample(labelText({ reason }), count);
    },
  },
  {
    name: 'sluice_answer_costs_total',
    type: 'counter',
    help: 'Answers on routes with cost_from by what was known of their cost: read, none, missing, invalid or cut',
    labels: ['result'],
    write: ({ report: { limiter } }, into) => {
      for (const [result, count] of Object.entries(limiter.answerCosts.answers))
        into.sample(labelText({ result }), count);
    },
  },
  {
    name: 'sluice_answer_cost_tokens_total',
    type: 'counter',
    help: 'Tokens of these answers by kind: charged as read, charged by the estimate (estimated), given back of it (returned)',
    labels: ['kind'],
    write: ({ report: { limiter } }, into) => {
      for (const [kind, tokens] of Object.entries(limiter.answerCosts.tokens)) into.sample(labelText({ kind }), tokens);
    },
  },
  {
    name: 'sluice_limiter_overflow_total',
    type: 'counter',
    help: 'Requests counted in a shared bucket because the client table was full; raise rate_limit.max_clients',
    labels: [],
    write: ({ overflowTotal }, into) => into.sample('', overflowTotal),
  },
  {
    name: 'sluice_limiter_active_clients',
    type: 'gauge',
    help: 'Clients whose bucket is not full',
    labels: [],
    write: ({ report }, into) => into.sample('', report.limiter.activeClients),
  },
  {
    name: 'sluice_limiter_registered_clients',
    type: 'gauge',
    help: 'Clients with settings of their own',
    labels: [],
    write: ({ report }, into) => into.sample('', report.limiter.registeredClients),
  },
  {
    name: 'sluice_client_table_slots',
    type: 'gauge',
    help: 'Size of the client table',
    labels: [],
    write: ({ report }, into) => into.sample('', report.limiter.tableSlots),
  },
  {
    name: 'sluice_limiter_global_tokens',
    type: 'gauge',
    help: 'Tokens left in the global bucket; missing when there is none',
    labels: [],
    write: ({ report: { limiter } }, into) => {
      if (limiter.globalTokens !== null) into.sample('', limiter.globalTokens);
    },
  },
];
