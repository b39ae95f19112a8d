/**
 * Old keys and what becomes of them. A key is in lower case with underscores and dots between sections; the first
 * matching pattern counts. A key without a match is reported as unknown.
 */
import { plainKey } from './plain-key.ts';
import { readDatabase } from './read-database.ts';
import { readRedis } from './read-redis.ts';
import { readBackends } from './read-backends.ts';
import {
  readAlgorithm,
  readLimit,
  readLimitType,
  readListen,
  readLogFormat,
  readLogLevel,
  readRate,
  readRetryDelay,
} from './read-values.ts';
import type { DraftFile } from './draft-file.ts';
import { readOldTime } from './old-time.ts';

/** Writes a value of the old file into ours. `key` is as written in the old file. */
export type Rule = (draft: DraftFile, key: string, value: unknown) => void;

/** The same value under another name. */
const to =
  (...paths: readonly string[]): Rule =>
  (draft, key, value) => {
    for (const path of paths) draft.set(path, value, key);
  };

const time =
  (path: string, note?: string): Rule =>
  (draft, key, value) => {
    const read = readOldTime(key.split('.').at(-1)!, value, draft.format);
    if (read === undefined) return draft.warn(key, 'is not a duration, omitted');
    draft.set(path, read.text, key);
    if (read.warning !== null) draft.warn(key, read.warning);
    if (note !== undefined) draft.warn(key, note);
  };

const noted =
  (rule: Rule, note: string): Rule =>
  (draft, key, value) => {
    rule(draft, key, value);
    draft.warn(key, note);
  };

/** It has no meaning here. */
const without =
  (why: string): Rule =>
  (draft, key) =>
    draft.warn(key, `omitted: ${why}`);

const HEALTH = String.raw`(?:.*\.)?(?:health_?check(?:er|s)?|health)(?:\.|_)`;
const LIMIT = String.raw`(?:rate_?limit(?:t?er|ing)?|limiter)\.(?:(?:token_bucket|sliding_window|default|bucket)\.)?`;
const CIRCUIT = String.raw`(?:proxy\.)?(?:circuit_?breaker|breaker)\.`;
const ADAPTIVE = String.raw`(?:.*\.)?(?:adaptive(?:_weights?|_load_?balanc(?:er|ing))?|weights?(?:_adaptation)?)\.`;
const LISTEN = String.raw`(?:(?:server|http_server|http|proxy|listen|load_?balancer|balancer|app)\.)?`;
const DATABASE = String.raw`(?:storage\.)?(?:database|db|postgres(?:ql)?|storage)\.`;
const UNIT = '(?:_ms|_s|_sec|_seconds)?';

const TABLE: readonly (readonly [pattern: string, rule: Rule])[] = [
  // Backends
  [String.raw`(?:.*\.)?(?:backends|servers|replicas|upstreams|backend_servers|backend_urls)`, readBackends],
  // Health: before the listener, which shares some of its words.
  [`${HEALTH}enabled`, to('health_check.enabled')],
  [`${HEALTH}(?:path|endpoint|url|uri)`, to('health_check.path')],
  [`${HEALTH}(?:interval|period|check_interval)${UNIT}`, time('health_check.interval')],
  [`${HEALTH}(?:timeout|check_timeout)${UNIT}`, time('health_check.timeout')],
  [`${HEALTH}(?:unhealthy_threshold|failure_threshold|max_fails|max_failures)`, to('health_check.fall')],
  [`${HEALTH}(?:healthy_threshold|success_threshold)`, to('health_check.rise')],
  [
    `${HEALTH}(?:workers?_count|workers|concurrency)`,
    without('up to 10 backends are probed at a time, independently of each other'),
  ],
  [String.raw`(?:.*[._])?(?:ema_)?alpha`, without('the average shown as ema_ms has α = 0.2')],
  // Circuit breaker
  [`${CIRCUIT}enabled`, to('circuit_breaker.enabled')],
  [`${CIRCUIT}(?:failure_threshold|max_failures)`, to('circuit_breaker.consecutive_failures')],
  [`${CIRCUIT}(?:min_request_count|min_requests|minimum_requests)`, to('circuit_breaker.minimum_requests')],
  [`${CIRCUIT}(?:error_rate_threshold|error_threshold|failure_rate_threshold)`, to('circuit_breaker.error_ratio')],
  [`${CIRCUIT}(?:open_timeout|reset_timeout|timeout)${UNIT}`, time('circuit_breaker.open')],
  [
    `${CIRCUIT}(?:half_open_max_calls|half_open_max_requests|half_open_requests)`,
    to('circuit_breaker.half_open_trials', 'circuit_breaker.half_open_successes'),
  ],
  [`${CIRCUIT}(?:window|window_size|interval)${UNIT}`, time('circuit_breaker.window')],
  // Rate limit
  [`${LIMIT}enabled`, to('rate_limit.enabled')],
  [`${LIMIT}(?:type|algorithm|strategy)`, readLimitType],
  [`${LIMIT}(?:capacity|default_capacity|burst|burst_size|max_tokens|bucket_size)`, to('rate_limit.default.capacity')],
  [`${LIMIT}(?:rate|refill_rate)`, readRate],
  [
    `${LIMIT}(?:default_rate_per_second|rate_per_second|rate_per_sec|default_rate|requests_per_second)`,
    to('rate_limit.default.rate_per_second'),
  ],
  [`${LIMIT}refill_interval${UNIT}`, readRate],
  [`${LIMIT}global_limit(?:\\..*)?`, readLimit],
  [`${LIMIT}per_ip_limit(?:\\..*)?`, readLimit],
  [`${LIMIT}(?:window_size|window)${UNIT}`, readLimit],
  [`${LIMIT}(?:whitelist|allowlist|whitelist_ips|whitelisted_ips|allowed_ips)`, to('rate_limit.allowlist')],
  [`${LIMIT}(?:blacklist|denylist|blocked_ips)`, to('rate_limit.denylist')],
  [String.raw`(?:.*\.)?(?:cache\.max_elements|max_elements|max_clients)`, to('rate_limit.max_clients')],
  [
    String.raw`(?:.*\.)?(?:cache\.)?(?:ttl|cleanup_interval|client_ttl)${UNIT}`,
    without('a bucket is only forgotten when it is full and its slot is needed'),
  ],
  [String.raw`(?:.*\.)?redis(?:\..*)?`, readRedis],
  [`${LIMIT}(?:address|username|password|db|pool_size|.*_timeout${UNIT})`, readRedis],
  // Adaptive weights
  [`${ADAPTIVE}enabled`, to('adaptive.enabled')],
  [`${ADAPTIVE}(?:update_interval|interval)${UNIT}`, time('adaptive.interval')],
  [`${ADAPTIVE}min_weight`, noted(to('adaptive.min_share'), 'is a part of the configured weight here, not a weight')],
  [
    `${ADAPTIVE}max_weight`,
    noted(to('adaptive.max_share'), 'is a multiple of the configured weight here, not a weight'),
  ],
  [`${ADAPTIVE}latency_weight`, to('adaptive.latency_share')],
  [`${ADAPTIVE}error_rate_weight`, to('adaptive.error_share')],
  [`${ADAPTIVE}adaptation_speed`, to('adaptive.speed')],
  [`${ADAPTIVE}latency_target${UNIT}`, time('adaptive.target_latency')],
  [`${ADAPTIVE}max_error_rate`, to('adaptive.max_error_rate')],
  // Retries and timeouts of backends
  [
    String.raw`(?:.*\.)?(?:retry_attempts|max_retries|retries|retry_count|retry\.(?:attempts|max_attempts|count))`,
    to('retries.attempts'),
  ],
  [String.raw`(?:.*\.)?retry(?:_|\.)delay${UNIT}`, readRetryDelay],
  [String.raw`(?:.*\.)?(?:dial|connect|connection)_timeout${UNIT}`, time('timeouts.connect')],
  [
    String.raw`(?:proxy\.|balancer\.|load_?balancer\.)?(?:timeout|request_timeout|response_timeout|proxy_timeout|backend_timeout)${UNIT}`,
    time('timeouts.response'),
  ],
  [String.raw`(?:.*\.)?(?:preserve_host|pass_host|pass_host_header)`, to('pools.default.preserve_host')],
  // Balancing
  [
    String.raw`(?:(?:proxy|balancer|load_?balancer)\.)?(?:algorithm|strategy|type|balancing_algorithm|method)`,
    readAlgorithm,
  ],
  // Admin port
  [String.raw`(?:admin|api|admin_api|dashboard)\.(?:host|address)`, to('admin.host')],
  [String.raw`(?:(?:admin|api|admin_api|dashboard)\.port|(?:.*\.)?(?:admin|api|dashboard)_port)`, to('admin.port')],
  [String.raw`(?:.*\.)?admin(?:\.|_)(?:token|api_key)`, to('admin.token')],
  [String.raw`(?:.*\.)?(?:metrics|websocket|ws)(?:\.|_)(?:update_)?interval${UNIT}`, time('metrics.interval')],
  // The public port
  [`${LISTEN}(?:read_header_timeout|header_timeout)${UNIT}`, time('server.head_timeout')],
  [`${LISTEN}read_timeout${UNIT}`, time('server.request_timeout')],
  [
    `${LISTEN}write_timeout${UNIT}`,
    time('server.write_timeout', 'here it counts from the last byte that a client took, not for the whole answer'),
  ],
  [`${LISTEN}(?:idle_timeout|keep_alive|keepalive_timeout)${UNIT}`, time('server.keep_alive')],
  [`${LISTEN}(?:shutdown_timeout|graceful_timeout|graceful_shutdown_timeout)${UNIT}`, time('server.drain_timeout')],
  [`${LISTEN}max_connections`, to('server.max_connections')],
  [`${LISTEN}max_header_bytes`, to('server.max_head_bytes')],
  [`${LISTEN}(?:host|address|addr|listen|listen_address|bind|port|listen_port|http_port)`, readListen],
  // Logs
  [String.raw`(?:(?:logger|logging|log)\.)level|log_level`, readLogLevel],
  [String.raw`(?:(?:logger|logging|log)\.)(?:format|type|encoding|encoder)|log_format`, readLogFormat],
  [String.raw`(?:logger|logging|log)\..*|log_file`, without('logs go to standard output; forward them from there')],
  // Storage
  [`${DATABASE}.+|(?:database|db|postgres)_(?:url|dsn)`, readDatabase],
  [
    String.raw`env|environment|.*\.env`,
    without('there are no environments here: name the level and the format of the log'),
  ],
];

const RULES = TABLE.map(([pattern, rule]) => [new RegExp(`^(?:${pattern})$`), rule] as const);

/** Undefined: the key is unknown. */
export function ruleOf(key: string): Rule | undefined {
  const plain = plainKey(key);
  return RULES.find(([pattern]) => pattern.test(plain))?.[1];
}
