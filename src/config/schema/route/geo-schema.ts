import { Type } from '@sinclair/typebox';

import { listOf, section, text } from '../schema-kinds.ts';

/** Where the locations of clients come from. */
export const GeoSchema = section(
  {
    header: Type.Optional(
      text(
        'header-name',
        "Header in which a proxy in front states the client's location, such as `cf-ipcountry`. Only honoured from `server.trust_proxy`; others' is dropped. Default: none.",
      ),
    ),
    table: Type.Optional(
      text(
        'file',
        'File with a block of addresses and its location on each line: `192.0.2.0/24 DE`. The smallest block counts. Used where the header states none. Default: none.',
      ),
    ),
  },
  'Locations of clients, for `match.geo`, `{geo}` and the access log: docs/operations/places.md.',
);

/** Whether there are locations at all: check-geo.ts. */
export const GEO_CONDITION = listOf(
  text('geo-location', 'A location.'),
  [],
  'Locations, in any case, such as `DE`: the client must be in one of them. Empty: anywhere.',
);
