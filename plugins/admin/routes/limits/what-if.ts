/** What other limits would have made of the last hour: for a client, or for all under the default limit. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import fp from 'fastify-plugin';
import { BODY_ERRORS, COMMON_ERRORS, errorAnswers } from '../../../../src/api/error-schema.ts';
import { refTo } from '../../../../src/api/json-types.ts';
import { clientKey } from '../../../../src/identity/client-key.ts';
import { ClientPath, malformedKey } from '../../../../src/limits/api/client.ts';
import {
  clientWhatIfView,
  ClientWhatIfView,
  defaultWhatIfView,
  DefaultWhatIfView,
  wantedLimit,
  WhatIfBody,
} from '../../../../src/limits/api/what-if-view.ts';
import type { WhatIfReports } from '../../../../src/limits/what-if.ts';

export interface WhatIfOptions {
  readonly whatIf: WhatIfReports;
}

const config = { role: 'viewer', isQuestion: true } as const;

const plugin: FastifyPluginAsyncTypebox<WhatIfOptions> = async (app, { whatIf }) => {
  app.post(
    '/v1/api/clients/:key/what-if',
    {
      config,
      schema: {
        tags: ['clients'],
        operationId: 'askClientWhatIf',
        summary: 'Replay the last hour of a client against another limit',
        description:
          'Changes nothing. What is left out of the body is as it is now. Counts are by the second, so the replay is ' +
          'made twice: with the requests of a second spread evenly over it, and all at its beginning. For any address ' +
          'or id, registered or not, if it is one of the 256 busiest. Percent-encode slashes and colons in the key.',
        params: ClientPath,
        body: WhatIfBody,
        response: {
          200: refTo(ClientWhatIfView, { description: 'The current limit and the proposed one' }),
          ...errorAnswers(...BODY_ERRORS, 'GW_DEMAND_NOT_RECORDED', ...COMMON_ERRORS),
        },
      },
    },
    async ({ params, body }) => {
      const client = clientKey(params.key);
      if (client === undefined) throw malformedKey();
      return clientWhatIfView(await whatIf.client(client, wantedLimit(body)));
    },
  );

  app.post(
    '/v1/api/limits/what-if',
    {
      config,
      schema: {
        tags: ['limits'],
        operationId: 'askDefaultWhatIf',
        summary: 'Replay the last hour of all clients without a limit of their own against another default limit',
        description: 'Changes nothing. Of the 256 busiest clients; otherwise as for one client.',
        body: WhatIfBody,
        response: {
          200: refTo(DefaultWhatIfView, { description: 'The current limit and the proposed one' }),
          ...errorAnswers(...BODY_ERRORS, ...COMMON_ERRORS),
        },
      },
    },
    async ({ body }) => defaultWhatIfView(await whatIf.default(wantedLimit(body))),
  );
};

export default fp(plugin, { name: 'what-if', dependencies: ['schemas', 'audit'] });
