/** `healthchecks` of an upstream: active checks, and passive ones of real requests. */
import { entriesOf, fieldOf, type Sourced, textOf, textsOf } from '../document/sourced-document.ts';
import type { ImportFindings } from '../outline/findings.ts';
import type { Part } from '../outline/part.ts';
import { timeText } from '../outline/times.ts';
import { givenOf, numberOf, onlyKeys } from './kong-entities.ts';

/** Kong's default. */
const TIMEOUT_MS = 1000;
const FAILURES = ['http_failures', 'tcp_failures', 'timeouts'];

export function readHealthchecks(upstream: Sourced, isSecure: boolean, pool: Part, findings: ImportFindings): void {
  const checks = givenOf(upstream, 'healthchecks');
  onlyKeys(checks, 'active passive threshold', findings);
  const threshold = givenOf(checks, 'threshold');
  if (threshold !== undefined && Number(textOf(threshold)) > 0)
    findings.lose(threshold.origin, 'a pool is used as long as a backend is available');
  const active = givenOf(checks, 'active');
  if (active !== undefined) readActive(active, isSecure, pool, findings);
  const passive = givenOf(checks, 'passive');
  if (passive !== undefined) readPassive(passive, pool, findings);
}

function readActive(active: Sourced, isSecure: boolean, pool: Part, findings: ImportFindings): void {
  onlyKeys(
    active,
    'type http_path timeout concurrency headers healthy unhealthy https_verify_certificate https_sni',
    findings,
  );
  const [healthy, unhealthy] = [givenOf(active, 'healthy'), givenOf(active, 'unhealthy')];
  onlyKeys(healthy, 'interval successes http_statuses', findings);
  onlyKeys(unhealthy, 'interval http_statuses http_failures tcp_failures timeouts', findings);
  const [whileUp, whileDown] = [numberOf(healthy, 'interval', 0) * 1000, numberOf(unhealthy, 'interval', 0) * 1000];
  const fall = fewestOf(unhealthy);
  // With an interval of 0 there are no checks, and without a count none has an effect.
  if ((!(whileUp > 0) && !(whileDown > 0)) || fall === undefined) return;
  const check = pool.part('health_check', active.origin);
  const interval = whileUp > 0 ? whileUp : whileDown;
  check.set('enabled', true, active.origin);
  check.set(
    'interval',
    timeText(interval, active.origin, findings),
    fieldOf(healthy, 'interval')?.origin ?? active.origin,
  );
  const fast = whileDown > 0 ? Math.min(whileDown, interval) : interval;
  check.set(
    'fast_interval',
    timeText(fast, active.origin, findings),
    fieldOf(unhealthy, 'interval')?.origin ?? active.origin,
  );
  const timeout = givenOf(active, 'timeout');
  const ms = timeout === undefined ? TIMEOUT_MS : Number(textOf(timeout)) * 1000;
  if (ms > 0 && ms < interval && ms <= fast)
    check.set(
      'timeout',
      timeText(ms, active.origin, findings),
      timeout?.origin ?? active.origin,
      timeout === undefined ? "Kong's default" : undefined,
    );
  else if (timeout !== undefined) findings.note(timeout.origin, 'a check ends before the next one starts');
  check.set('fall', Math.min(100, fall), unhealthy!.origin);
  const successes = numberOf(healthy, 'successes', 0);
  if (successes > 0) check.set('rise', Math.min(100, successes), fieldOf(healthy, 'successes')!.origin);
  const statuses = textsOf(fieldOf(healthy, 'http_statuses')).map(Number);
  const [first, last] = statuses.length > 0 ? [Math.min(...statuses), Math.max(...statuses)] : [200, 302];
  if (statuses.length > 0 && last - first + 1 !== new Set(statuses).size && !(first === 200 && last === 302))
    findings.note(fieldOf(healthy, 'http_statuses')!.origin, `all statuses from ${first} to ${last} are healthy here`);
  const type = textOf(givenOf(active, 'type')) ?? 'http';
  if (type === 'tcp' || type === 'grpc') check.set('type', type, fieldOf(active, 'type')!.origin);
  else {
    if ((type === 'https') !== isSecure)
      findings.note(
        givenOf(active, 'type')?.origin ?? active.origin,
        `checks use ${isSecure ? 'https' : 'http'}, as requests do`,
      );
    const path = givenOf(active, 'http_path');
    check.set(
      'path',
      textOf(path) ?? '/',
      path?.origin ?? active.origin,
      path === undefined ? "Kong's default" : undefined,
    );
    check.set('expected_status', [first, last], healthy?.origin ?? active.origin);
  }
  for (const [name, values] of entriesOf(givenOf(active, 'headers')))
    check.set(['headers', name.toLowerCase()], textsOf(values).join(', '), values.origin);
  for (const [key, why] of [
    ['https_verify_certificate', 'checks verify certificates as requests do'],
    ['https_sni', 'checks ask for the name that requests ask for: tls.server_name of the pool'],
  ] as const) {
    const given = givenOf(active, key);
    if (given !== undefined && given.value !== true) findings.lose(given.origin, why);
  }
}

function readPassive(passive: Sourced, pool: Part, findings: ImportFindings): void {
  onlyKeys(passive, 'type healthy unhealthy', findings);
  const unhealthy = givenOf(passive, 'unhealthy');
  const fall = fewestOf(unhealthy);
  if (fall === undefined) return;
  pool.set(['passive_health', 'enabled'], true, passive.origin);
  pool.set(['passive_health', 'consecutive_errors'], fall, unhealthy!.origin);
  findings.note(
    passive.origin,
    'a backend that is ejected comes back after passive_health.eject, also without a check',
  );
}

/** The first count that is reached; undefined: none is given. */
function fewestOf(unhealthy: Sourced | undefined): number | undefined {
  const counts = FAILURES.map((key) => numberOf(unhealthy, key, 0)).filter((count) => count > 0);
  return counts.length === 0 ? undefined : Math.min(...counts);
}
