import { Type } from '@sinclair/typebox';

import { LOCALITY_PREFERENCES } from '../../balancing/core/balancing-vocabulary.ts';
import { integer, oneOf, section, text } from './schema-kinds.ts';

/** Where something runs. @param runs the end of "the zone …" */
export function localityKeys(runs: string) {
  return {
    region: Type.Optional(text('zone-name', `The region ${runs}, such as \`eu-central-1\`. Default: unknown.`)),
    zone: Type.Optional(
      text(
        'zone-name',
        `The zone ${runs}, such as \`eu-central-1a\`. Zones of different regions are different ones. Default: unknown.`,
      ),
    ),
  };
}

export const GatewayLocalitySchema = section(
  localityKeys('this gateway runs in'),
  'Place of this gateway. Default: `SLUICE_REGION` and `SLUICE_ZONE`.',
);

/** How much more than its part a place can carry: Envoy's default. */
function overprovisioning(description: string) {
  return Type.Number({ minimum: 1, maximum: 1000, default: 1.4, description });
}

export const LocalitySchema = section(
  {
    prefer: oneOf(
      LOCALITY_PREFERENCES,
      'off',
      "`zone`: backends in the gateway's zone get the requests, then those in its region, then others. `region`: those in its region, then others. `off`: where a backend runs does not matter.",
    ),
    overprovisioning: overprovisioning(
      'A near place takes min(1, this × its available part) of the requests: with 1.4, all of them until less than 72 % of its backends are available.',
    ),
    min_backends: integer([1, 4096], 1, 'A near place with fewer available backends is not preferred.'),
    traffic_share: Type.Union([Type.Literal('auto'), Type.Number({ minimum: 0, maximum: 1 })], {
      default: 'auto',
      description:
        'Part of all requests that arrives in the nearest place; that takes no more than `overprovisioning` times what its backends are of all, divided by this. `auto`: the same in all places; 1: all gateways are in this one; 0: it takes any load.',
    }),
  },
  'Backends near the gateway first: docs/operations/places.md.',
);

/** Whether the pool exists, and whether fallbacks go in circles: check-pools.ts. */
export const FallbackSchema = Type.Optional(
  Type.Object(
    {
      pool: Type.String({ description: 'Name of another pool.' }),
      overprovisioning: overprovisioning(
        'The pool keeps min(1, this × the available part of its backends) of the requests: with 1.4, all of them until less than 72 % are available. 1000: as long as any is.',
      ),
    },
    {
      additionalProperties: false,
      description:
        'Takes the requests that this pool cannot, for example in another region: docs/operations/places.md. Default: none.',
    },
  ),
);
