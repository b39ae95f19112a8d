import { MAX_FILL_SECONDS } from '../core/token-bucket.ts';
import type { Draft } from './draft.ts';
import { finding, type Finding } from './problem.ts';
import type { ConfigFile } from './schema.ts';

/** A bucket must fill within the time for which the limiter's arithmetic is exact. */
export function checkLimits({ rate_limit: limits }: Draft<ConfigFile>): readonly Finding[] {
  const findings: Finding[] = [];
  for (const name of ['default', 'global'] as const) {
    const { capacity, rate_per_second: rate } = limits?.[name] ?? {};
    if (capacity === undefined || rate === undefined || capacity / rate <= MAX_FILL_SECONDS) continue;
    const least = (capacity / MAX_FILL_SECONDS).toPrecision(3);
    const message = `found ${rate}, too slow for capacity ${capacity}: a bucket must fill within 366 days, so at least ${least}`;
    const path = ['rate_limit', name, 'rate_per_second'];
    findings.push(finding(path, message, { others: [['rate_limit', name, 'capacity']] }));
  }
  return findings;
}
