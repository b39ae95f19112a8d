import { Type } from '@sinclair/typebox';

import { section, text } from './schema-kinds.ts';

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
