/** What discovery knows of pools, and the lists of members that programs push. */
import fp from 'fastify-plugin';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import {
  deletePushedMembers,
  getDiscovery,
  getPushedMembers,
  pushMembers,
} from '../../../../src/discovery/api/discovery-routes.ts';
import { discoveryView } from '../../../../src/discovery/api/discovery-view.ts';
import { pushedMembersView } from '../../../../src/discovery/api/pushed-members.ts';
import type { DiscoveryControl, PushedReport } from '../../../../src/discovery/discovery-report.ts';
import { acceptedVersions, assertNotNamed, entityTag } from '../../../../src/net/entity-tag.ts';

export interface DiscoveryRouteOptions {
  readonly discovery: DiscoveryControl;
}

const discovery: FastifyPluginAsyncTypebox<DiscoveryRouteOptions> = async (app, options) => {
  const control = options.discovery;
  const path = '/v1/api/pools/:name/members';
  const answer = (reply: FastifyReply, report: PushedReport) => {
    reply.header('etag', entityTag(report.version));
    return pushedMembersView(report);
  };
  const versionsOf = ({ headers }: Pick<FastifyRequest, 'headers'>, version: number) => {
    assertNotNamed(headers['if-none-match'], version);
    return acceptedVersions(headers['if-match']);
  };

  app.get('/v1/api/discovery', { schema: getDiscovery }, async () =>
    discoveryView(control.report(), control.providers()),
  );

  app.get(path, { schema: getPushedMembers }, async ({ params }, reply) => answer(reply, control.pushed(params.name)));

  app.put(path, { schema: pushMembers }, async (request, reply) => {
    const { name } = request.params;
    const before = control.pushed(name);
    const { members, ttl = null } = request.body;
    const after = await control.push(name, members, ttl, versionsOf(request, before.version));
    request.audited = { target: name, before: pushedMembersView(before), after: pushedMembersView(after) };
    return answer(reply, after);
  });

  app.delete(path, { schema: deletePushedMembers }, async (request, reply) => {
    const { name } = request.params;
    const before = control.pushed(name);
    await control.push(name, null, null, versionsOf(request, before.version));
    request.audited = { target: name, before: pushedMembersView(before), after: null };
    return reply.code(204).send(null);
  });
};

export default fp(discovery, { name: 'discovery', dependencies: ['schemas', 'audit'] });
