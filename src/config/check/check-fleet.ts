import { parseDuration } from '../schema/duration.ts';
import type { Draft } from './draft.ts';
import { finding, type Finding } from '../file/problem.ts';
import type { ConfigFile } from '../schema/schema.ts';

/** Names and times by which gateways know each other. */
export function checkFleet({ fleet, database }: Draft<ConfigFile>): readonly Finding[] {
  const findings: Finding[] = [];
  const [name = '', older = ''] = [fleet?.name, database?.gateway];
  if (name !== '' && older !== '' && name !== older) {
    const message = 'differs from database.gateway, its older name; remove that one';
    findings.push(finding(['fleet', 'name'], message, { others: [['database', 'gateway']] }));
  }
  const [beatMs, expireMs] = [parseDuration(fleet?.beat ?? ''), parseDuration(fleet?.expire ?? '')];
  if (beatMs !== undefined && expireMs !== undefined && expireMs < 2 * beatMs) {
    const message = `found ${fleet!.expire}; allowed: at least twice fleet.beat, or one late beat would make it lost`;
    findings.push(finding(['fleet', 'expire'], message, { others: [['fleet', 'beat']] }));
  }
  return findings;
}
