/** Members of pools that discovery found. */
import { labelText } from '../../exposition.ts';
import type { Metric } from './metric.ts';

export const DISCOVERY_METRICS: readonly Metric[] = [
  {
    name: 'sluice_discovery_members',
    type: 'gauge',
    help: 'Members of a pool: listed by its source, held although no longer listed, or unproven: known from the last run only',
    labels: ['pool', 'source', 'state'],
    write: ({ discovery }, into) => {
      for (const { pool, source, ...counts } of discovery) {
        for (const state of ['listed', 'held', 'unproven'] as const) {
          into.sample(labelText({ pool, source, state }), counts[state]);
        }
      }
    },
  },
  {
    name: 'sluice_discovery_age_seconds',
    type: 'gauge',
    help: 'Time since the source of a pool last gave a list; absent: not yet',
    labels: ['pool', 'source'],
    write: ({ discovery }, into) => {
      for (const { pool, source, ageMs } of discovery) {
        if (ageMs !== null) into.sample(labelText({ pool, source }), ageMs / 1000);
      }
    },
  },
  {
    name: 'sluice_discovery_failures_total',
    type: 'counter',
    help: 'Failed answers of the source of a pool; its members stay',
    labels: ['pool', 'source'],
    write: ({ discovery }, into) => {
      for (const { pool, source, failures } of discovery) into.sample(labelText({ pool, source }), failures);
    },
  },
  {
    name: 'sluice_discovery_changes_total',
    type: 'counter',
    help: 'Changes of the members of a pool',
    labels: ['pool', 'source'],
    write: ({ discovery }, into) => {
      for (const { pool, source, changes } of discovery) into.sample(labelText({ pool, source }), changes);
    },
  },
];
