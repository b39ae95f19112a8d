import { isPoolName, POOL_NAME_RULE } from '../../../balancing/core/pool-name-rule.ts';
import { MIN_WINDOW_MS } from '../../../breaker/core/circuit-breaker-settings.ts';
import { canonicalBackendUrl, isH2cUrl, protocolMisfit } from '../../../net/backend-url.ts';
import type { Draft } from '../draft.ts';
import { formatDuration, parseDuration } from '../../schema/duration.ts';
import type { Path } from '../../file/path.ts';
import { finding, listed, shorten, type Finding } from '../../file/problem.ts';
import { didYouMean } from '../../schema/nearest.ts';
import type { Show } from '../../file/references.ts';
import type { ConfigFile, PoolFile } from '../../schema/schema.ts';

/**
 * Checks that need more than a single key of a pool: names, duplicates, and contradictory times.
 * @param poolNames as written, also of pools with mistakes; undefined if the pools cannot be read at all.
 */
export function checkPools(file: Draft<ConfigFile>, poolNames: readonly string[] = [], show: Show): readonly Finding[] {
  const findings = poolNames.filter((name) => !isPoolName(name)).map(refuseName);
  const ids = new Map<string, Path>();
  const cookies = new Map<string, Path>();
  for (const [name, pool] of Object.entries(file.pools ?? {})) {
    const path = ['pools', name];
    if (pool === undefined) continue;
    findings.push(...checkHash(pool, path, show), ...checkUrls(pool, path), ...checkTimes(pool, path, show));
    findings.push(...checkProtocol(pool, path, show));
    findings.push(...checkBackups(pool, path), ...checkSticky(pool, path, cookies, show));
    findings.push(...checkFallback(file.pools, name, poolNames, show));
    for (const [at, backend] of (pool.backends ?? []).entries()) {
      if (backend?.id === undefined) continue;
      const here = [...path, 'backends', String(at), 'id'];
      const first = ids.get(backend.id);
      if (first === undefined) ids.set(backend.id, here);
      else
        findings.push(
          finding(here, `"${show(here, backend.id)}" is also the id of another backend: ${first.join('.')}`),
        );
    }
  }
  return findings;
}

function refuseName(name: string): Finding {
  return finding(['pools', name], `"${shorten(name, 80)}" is not a valid pool name; allowed: ${POOL_NAME_RULE}`, {
    atKey: true,
  });
}

function checkHash({ hash }: Draft<PoolFile>, path: Path, show: Show): readonly Finding[] {
  const needsName = hash?.by === 'header' || hash?.by === 'cookie';
  if (!needsName || hash.name !== undefined) return [];
  const others = [[...path, 'hash', 'by']];
  const by = show(others[0]!, hash.by);
  return [finding([...path, 'hash', 'name'], `missing; hashing by ${by} needs the ${by}'s name`, { others })];
}

function checkUrls({ backends = [] }: Draft<PoolFile>, path: Path): readonly Finding[] {
  const findings: Finding[] = [];
  const seen = new Map<string, Path>();
  for (const [at, backend] of backends.entries()) {
    if (backend?.url === undefined) continue;
    const here = [...path, 'backends', String(at), 'url'];
    const url = canonicalBackendUrl(backend.url);
    const first = seen.get(url);
    if (first === undefined) seen.set(url, here);
    else
      findings.push(finding(here, `the same backend twice in one pool; the first is ${first.join('.')}; use weight`));
  }
  return findings;
}

/** Every URL must fit the protocol of the pool, which its `h2c://` URLs name if it has none of its own. */
function checkProtocol(pool: Draft<PoolFile>, path: Path, show: Show): readonly Finding[] {
  const { protocol, backends = [] } = pool;
  const at = (index: number): Path => [...path, 'backends', String(index), 'url'];
  const here = [...path, 'protocol'];
  const namedBy = backends.findIndex((backend) => backend?.url !== undefined && isH2cUrl(backend.url));
  return backends.flatMap((backend, index) => {
    if (backend?.url === undefined) return [];
    if (protocol === undefined) {
      if (namedBy === -1 || isH2cUrl(backend.url)) return [];
      const message = `a pool has one protocol, and ${at(namedBy).join('.')} is h2c://`;
      return [finding(at(index), message, { others: [at(namedBy)] })];
    }
    const misfit = protocolMisfit(protocol, backend.url, show(here, protocol));
    return misfit === undefined ? [] : [finding(at(index), misfit, { others: [here] })];
  });
}

function checkBackups({ backends = [] }: Draft<PoolFile>, path: Path): readonly Finding[] {
  if (backends.length === 0 || !backends.every((backend) => backend?.backup === true)) return [];
  return [finding([...path, 'backends'], 'every backend is a backup; at least one must not be')];
}

/** A pool that exists and speaks the same protocol, and no circle. */
function checkFallback(
  pools: Draft<ConfigFile>['pools'],
  name: string,
  poolNames: readonly string[],
  show: Show,
): readonly Finding[] {
  const pool = pools?.[name]?.fallback?.pool;
  if (pool === undefined) return [];
  const path = ['pools', name, 'fallback', 'pool'];
  if (!poolNames.includes(pool)) {
    const shown = show(path, pool);
    const near = shown === pool ? didYouMean(pool, poolNames) : '';
    return [finding(path, `there is no pool "${shorten(shown, 80)}"; pools: ${listed(poolNames)}${near}`)];
  }
  const seen = new Set([name]);
  for (let next: string | undefined = pool; next !== undefined; next = pools?.[next]?.fallback?.pool) {
    if (next === name) {
      // Once, at the first of the circle.
      if (Object.keys(pools ?? {}).find((each) => seen.has(each)) !== name) return [];
      return [finding(path, `leads back to ${name}: fallbacks must have an end`)];
    }
    // A circle further on is reported there.
    if (seen.has(next)) break;
    seen.add(next);
  }
  const [own, other] = [name, pool].map((each) => usesHttp2(pools?.[each]));
  if (own === other || own === undefined || other === undefined) return [];
  const message = `pool ${pool} ${other ? 'uses HTTP/2' : 'uses HTTP/1.1'} and ${name} does not: give both the same protocol`;
  return [finding(path, message)];
}

/** Undefined: its protocol is not known, because of another mistake. */
function usesHttp2(pool: Draft<PoolFile> | undefined): boolean | undefined {
  if (pool?.backends === undefined) return undefined;
  if (pool.protocol !== undefined) return pool.protocol !== 'http1';
  return pool.backends.some((backend) => backend?.url !== undefined && isH2cUrl(backend.url));
}

/** Two pools with the same cookie would take each other's clients. @param cookies of the pools so far; added to. */
function checkSticky(
  { sticky }: Draft<PoolFile>,
  path: Path,
  cookies: Map<string, Path>,
  show: Show,
): readonly Finding[] {
  const findings: Finding[] = [];
  const ids = new Map<string, Path>();
  for (const [at, key] of (sticky?.keys ?? []).entries()) {
    if (key?.id === undefined) continue;
    const here = [...path, 'sticky', 'keys', String(at), 'id'];
    const first = ids.get(key.id);
    if (first === undefined) ids.set(key.id, here);
    else findings.push(finding(here, `"${show(here, key.id)}" is also the id of another key: ${first.join('.')}`));
  }
  findings.push(...checkCookie(sticky, [...path, 'sticky'], show));
  if (sticky?.enabled !== true || sticky.cookie === undefined) return findings;
  const here = [...path, 'sticky', 'cookie'];
  const first = cookies.get(sticky.cookie);
  if (first === undefined) cookies.set(sticky.cookie, here);
  else
    findings.push(
      finding(here, `"${show(here, sticky.cookie)}" is also the cookie of another pool: ${first.join('.')}`),
    );
  return findings;
}

/** Cookies that browsers refuse: they would never be sent back (RFC 6265bis, 4.1.3 and 5.7). */
function checkCookie(sticky: Draft<PoolFile>['sticky'], path: Path, show: Show): readonly Finding[] {
  const { same_site, secure, partitioned, cookie = '', domain, path: cookiePath } = sticky ?? {};
  const findings: Finding[] = [];
  const shown = show([...path, 'cookie'], cookie);
  const needsSecure = [
    ...(same_site === 'none' ? [`same_site: ${show([...path, 'same_site'], same_site)}`] : []),
    ...(partitioned === true ? ['partitioned: true'] : []),
    ...(/^__(?:secure|host)-/i.test(cookie) ? [`cookie: ${shown}`] : []),
  ];
  if (needsSecure.length > 0 && secure !== undefined && secure !== 'always') {
    const message = `"${show([...path, 'secure'], secure)}"; ${needsSecure.join(' and ')} needs always: browsers drop the cookie otherwise`;
    findings.push(finding([...path, 'secure'], message));
  }
  if (!/^__host-/i.test(cookie)) return findings;
  const message = `not with cookie: ${shown}; browsers take a name with __Host- only for the very host and all paths`;
  if (domain !== undefined) findings.push(finding([...path, 'domain'], message));
  if (cookiePath !== undefined && cookiePath !== '/') findings.push(finding([...path, 'path'], message));
  return findings;
}

/** Pairs of keys whose first value must not be longer than the second. */
const ORDERED = [
  ['health_check', 'timeout', 'fast_interval'],
  ['passive_health', 'eject', 'max_eject'],
  ['circuit_breaker', 'open', 'max_open'],
  ['retries', 'backoff_base', 'backoff_max'],
  ['sticky', 'idle', 'max_age'],
] as const;

function checkTimes(pool: Draft<PoolFile>, path: Path, show: Show): readonly Finding[] {
  const findings: Finding[] = [];
  const compare = (section: (typeof ORDERED)[number][0], short: string, long: string, mayBeEqual: boolean): boolean => {
    const values = pool[section] as Readonly<Record<string, string | undefined>> | undefined;
    const [shortMs, longMs] = [values?.[short], values?.[long]].map((text) => parseDuration(text ?? ''));
    if (shortMs === undefined || longMs === undefined) return true;
    if (shortMs < longMs || (mayBeEqual && shortMs === longMs)) return true;
    const rule = mayBeEqual ? 'must not be longer than' : 'must be shorter than';
    const shown = (key: string, ms: number): string => show([...path, section, key], formatDuration(ms));
    const message = `${short} (${shown(short, shortMs)}) ${rule} ${long} (${shown(long, longMs)})`;
    findings.push(finding([...path, section, short], message, { others: [[...path, section, long]] }));
    return false;
  };
  // A probe still running when the next is due: probes would overlap.
  const isFine = compare('health_check', 'timeout', 'interval', false);
  for (const [section, short, long] of ORDERED) {
    if (section !== 'health_check' || isFine) compare(section, short, long, true);
  }
  const windowMs = parseDuration(pool.circuit_breaker?.window ?? '');
  if (windowMs !== undefined && windowMs < MIN_WINDOW_MS) {
    const message = `window (${show([...path, 'circuit_breaker', 'window'], formatDuration(windowMs))}) must not be shorter than ${MIN_WINDOW_MS}ms`;
    findings.push(finding([...path, 'circuit_breaker', 'window'], message));
  }
  const [from, to] = pool.health_check?.expected_status ?? [];
  if (from !== undefined && to !== undefined && from > to) {
    const here = [...path, 'health_check', 'expected_status'];
    const [first, last] = [show([...here, '0'], from), show([...here, '1'], to)];
    findings.push(finding(here, `the first status (${first}) is above the last (${last})`));
  }
  return findings;
}
