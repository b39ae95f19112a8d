/** Plugins that users write. */
import { labelText } from '../../exposition.ts';
import { ERROR_COUNTER } from '../../../plugin-kit/plugin-runtime.ts';
import type { Metric } from './metric.ts';

export const PLUGIN_METRICS: readonly Metric[] = [
  {
    name: 'sluice_plugin_errors_total',
    type: 'counter',
    help: 'Hooks of a plugin that threw or took too long, and requests of one that could not be loaded',
    labels: ['plugin'],
    write: ({ plugins }, into) => {
      for (const { plugin, counter, value } of plugins) {
        if (counter === ERROR_COUNTER) into.sample(labelText({ plugin }), value);
      }
    },
  },
  {
    name: 'sluice_plugin_counter_total',
    type: 'counter',
    help: 'What a plugin counts, by the name that it gives',
    labels: ['plugin', 'counter'],
    write: ({ plugins }, into) => {
      for (const { plugin, counter, value } of plugins) {
        if (!counter.startsWith('.')) into.sample(labelText({ plugin, counter }), value);
      }
    },
  },
];
