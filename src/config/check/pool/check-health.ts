import { isDeepStrictEqual } from 'node:util';

import { DEFAULT_HEALTH_PATH } from '../../../health/core/default-check.ts';
import type { Draft } from '../draft.ts';
import { FORMATS } from '../../schema/formats.ts';
import { HealthCheckSchema, HTTP_CHECK_KEYS } from '../../schema/pool/health-check-schema.ts';
import type { Path } from '../../file/path.ts';
import { finding, type Finding } from '../../file/problem.ts';
import type { ConfigFile, PoolFile } from '../../schema/schema.ts';
import type { UpstreamProtocol } from '../../../net/core/net-vocabulary.ts';
import { poolProtocol } from '../../pool-protocol.ts';

type Check = NonNullable<Draft<PoolFile>['health_check']>;

/** Keys of health checks that exclude each other, and headers that a check may not send. */
export function checkHealthChecks(file: Draft<ConfigFile>): readonly Finding[] {
  return Object.entries(file.pools ?? {}).flatMap(([name, pool]) => {
    const check = pool?.health_check;
    if (pool === undefined || check === undefined) return [];
    const path = ['pools', name, 'health_check'];
    return [
      ...checkType(check, path),
      ...checkGrpc(check, poolProtocol(pool), path),
      ...checkSentHeaders(check.headers, [...path, 'headers']),
      ...checkHeaders(check.expected_headers, [...path, 'expected_headers'], []),
    ];
  });
}

function checkType(check: Check, path: Path): readonly Finding[] {
  const others = [[...path, 'type']];
  if (check.type === 'tcp' || check.type === 'grpc') {
    const what = check.type === 'tcp' ? 'a tcp check only connects' : 'a grpc check makes a call of its own';
    const keys = HTTP_CHECK_KEYS.filter((key) => key !== 'headers' || check.type === 'tcp');
    return keys
      .filter((key) => isGiven(check, key))
      .map((key) => finding([...path, key], `${what}; leave ${key} out, or set type: http`, { others }));
  }
  if (check.method === 'HEAD' && check.expected_body !== undefined) {
    const message = 'an answer to HEAD has no body; leave expected_body out, or set method: GET';
    return [finding([...path, 'expected_body'], message, { others: [[...path, 'method']] })];
  }
  return [];
}

function checkGrpc(check: Check, protocol: UpstreamProtocol, path: Path): readonly Finding[] {
  const here = [...path, 'type'];
  if (check.type === 'grpc' && protocol === 'http1') {
    const others = [[...path.slice(0, -1), 'protocol']];
    return [finding(here, 'a grpc check needs protocol: h2 or h2c', { others })];
  }
  if (check.type === undefined || check.type === 'grpc' || check.service === undefined) return [];
  return [finding([...path, 'service'], 'only a check of type: grpc has a service', { others: [here] })];
}

/** Different from the default: a default does no harm. */
function isGiven(check: Check, key: (typeof HTTP_CHECK_KEYS)[number]): boolean {
  const schema = HealthCheckSchema.properties[key] as { readonly default?: unknown };
  const byDefault = key === 'path' ? DEFAULT_HEALTH_PATH : schema.default;
  return check[key] !== undefined && !isDeepStrictEqual(check[key], byDefault);
}

/** Fields about the connection or the body, which Sluice sets itself. */
const NOT_SENT = [
  'connection',
  'content-length',
  'expect',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
];

/** Headers of a request that Sluice sends by itself. @param more that are refused besides, lower case. Default: none */
export function checkSentHeaders(
  headers: Check['headers'],
  path: Path,
  more: readonly string[] = [],
): readonly Finding[] {
  return checkHeaders(headers, path, [...NOT_SENT, ...more]);
}

function checkHeaders(headers: Check['headers'], path: Path, refused: readonly string[]): readonly Finding[] {
  const findings: Finding[] = [];
  const seen = new Set<string>();
  const refuse = (name: string, message: string): void => {
    findings.push(finding([...path, name], message, { atKey: true }));
  };
  for (const name of Object.keys(headers ?? {})) {
    const lower = name.toLowerCase();
    if (FORMATS['header-name'].reject(name) !== undefined) refuse(name, `"${name}" is not a valid header name`);
    else if (refused.includes(lower)) refuse(name, `${lower} cannot be set: Sluice sends it itself, or never`);
    else if (seen.has(lower)) refuse(name, `${lower} is given twice; the case of a header's name does not matter`);
    seen.add(lower);
  }
  return findings;
}
