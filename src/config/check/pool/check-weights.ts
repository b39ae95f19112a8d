import type { Draft } from '../draft.ts';
import { finding, type Finding } from '../../file/problem.ts';
import type { ConfigFile } from '../../schema/schema.ts';

/** Adaptation that could have no effect. */
export function checkWeights(file: Draft<ConfigFile>): readonly Finding[] {
  return Object.entries(file.pools ?? {}).flatMap(([name, pool]) => {
    const { enabled, latency_share: latency, error_share: errors } = pool?.adaptive ?? {};
    if (enabled !== true) return [];
    const path = ['pools', name, 'adaptive'];
    const findings: Finding[] = [];
    if (pool?.algorithm === 'round-robin') {
      const message = 'round-robin ignores weights; set algorithm: weighted-round-robin, or adaptive.enabled: false';
      findings.push(finding([...path, 'enabled'], message, { others: [['pools', name, 'algorithm']] }));
    }
    if (latency === 0 && errors === 0) {
      const message = 'latency_share and error_share are both 0: there is nothing to adapt to';
      findings.push(finding([...path, 'latency_share'], message, { others: [[...path, 'error_share']] }));
    }
    return findings;
  });
}
