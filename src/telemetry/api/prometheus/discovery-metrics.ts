/** Members of pools and routes that discovery found. */
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
  {
    name: 'sluice_discovery_routes',
    type: 'gauge',
    help: 'Routes from a provider that apply',
    labels: ['provider'],
    write: ({ routeProviders }, into) => {
      for (const { provider, routes } of routeProviders) into.sample(labelText({ provider }), routes.length);
    },
  },
  {
    name: 'sluice_discovery_route_problems',
    type: 'gauge',
    help: 'What a provider of routes lists and does not apply',
    labels: ['provider'],
    write: ({ routeProviders }, into) => {
      for (const { provider, problems } of routeProviders) into.sample(labelText({ provider }), problems.length);
    },
  },
  {
    name: 'sluice_discovery_routes_age_seconds',
    type: 'gauge',
    help: 'Time since a provider of routes last gave a list; absent: not yet',
    labels: ['provider'],
    write: ({ routeProviders }, into) => {
      for (const { provider, ageMs } of routeProviders) {
        if (ageMs !== null) into.sample(labelText({ provider }), ageMs / 1000);
      }
    },
  },
  {
    name: 'sluice_discovery_routes_failures_total',
    type: 'counter',
    help: 'Failed answers of a provider of routes; its routes stay',
    labels: ['provider'],
    write: ({ routeProviders }, into) => {
      for (const { provider, failures } of routeProviders) into.sample(labelText({ provider }), failures);
    },
  },
  {
    name: 'sluice_discovery_routes_changes_total',
    type: 'counter',
    help: 'Changes of the routes of a provider',
    labels: ['provider'],
    write: ({ routeProviders }, into) => {
      for (const { provider, changes } of routeProviders) into.sample(labelText({ provider }), changes);
    },
  },
];
