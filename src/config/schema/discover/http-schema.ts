import { Type } from '@sinclair/typebox';

import { duration, text } from '../schema-kinds.ts';

export const HttpDiscoverSchema = Type.Object(
  {
    url: text('list-url', 'URL of the list: `http://` or `https://`. Redirects are not followed.'),
    headers: Type.Record(Type.String(), text('header-value', 'Value of the header.', { secret: true }), {
      default: {},
      description: 'Header fields of the request, such as `authorization: "Bearer ${REGISTRY_TOKEN}"`.',
    }),
    interval: duration('5s', 'Time between requests; after failures 1 to 30 s at random.'),
    timeout: duration('5s', 'Longest time for the whole answer.'),
    ca_file: Type.Optional(
      text('file', 'Trusted authorities for its certificate, in PEM. Default: those that Node trusts.'),
    ),
  },
  { additionalProperties: false, description: 'Members from a list in JSON that another service answers.' },
);
