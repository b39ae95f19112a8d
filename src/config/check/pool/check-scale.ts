import { GatewayScaleSchema, PoolScaleSchema } from '../../schema/pool/scale-schema.ts';
import type { ConfigFile, PoolFile } from '../../schema/schema.ts';
import type { Path } from '../../file/path.ts';
import { finding, type Finding } from '../../file/problem.ts';
import type { Show } from '../../file/references.ts';
import type { Draft } from '../draft.ts';

type Scale = Draft<NonNullable<PoolFile['scale'] | ConfigFile['fleet']['scale']>>;

const BOUNDS = ['min', 'max', 'stabilization'];

/**
 * Replicas that could not be counted, or not started.
 * @param isFaulty something below this key has been refused already.
 */
export function checkScale(
  { pools = {}, fleet, database }: Draft<ConfigFile>,
  isFaulty: (under: Path) => boolean,
  show: Show,
): readonly Finding[] {
  const checkOne = (scale: Scale | undefined, path: Path, targets: readonly string[]): readonly Finding[] =>
    scale === undefined || isFaulty(path) ? [] : checkTargets(scale, path, targets, show);
  const findings = Object.entries(pools).flatMap(([name, pool]) =>
    checkOne(pool?.scale, ['pools', name, 'scale'], targetsOf(PoolScaleSchema)),
  );
  const path = ['fleet', 'scale'];
  findings.push(...checkOne(fleet?.scale, path, targetsOf(GatewayScaleSchema)));
  if ((fleet?.scale?.max ?? 1) > 1 && (database?.url ?? '') === '') {
    const message = 'several gateways need one PostgreSQL database: set database.url, or max: 1';
    findings.push(finding([...path, 'max'], message, { others: [['database', 'url']] }));
  }
  return findings;
}

function checkTargets(scale: Scale, path: Path, targets: readonly string[], show: Show): readonly Finding[] {
  const findings: Finding[] = [];
  const { min, max } = scale;
  if (min !== undefined && max !== undefined && min > max) {
    const [least, most] = [show([...path, 'min'], min), show([...path, 'max'], max)];
    const message = `min (${least}) is above max (${most})`;
    findings.push(finding([...path, 'min'], message, { others: [[...path, 'max']] }));
  }
  if (!targets.some((target) => scale[target as keyof Scale] !== undefined)) {
    findings.push(finding(path, `no target; at least one of ${targets.join(', ')} is needed`));
  }
  return findings;
}

function targetsOf({ properties }: { readonly properties: object }): readonly string[] {
  return Object.keys(properties).filter((key) => !BOUNDS.includes(key));
}
