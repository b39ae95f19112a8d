/** Schemas of the routes of discovery; the OpenAPI document is built from them. */
import { Type } from '@sinclair/typebox';
import { BODY_ERRORS, COMMON_ERRORS, errorAnswers } from '../../api/error-schema.ts';
import { refTo } from '../../api/json-types.ts';
import { DiscoveryView } from './discovery-view.ts';
import { PoolPath, PushedMembersBody, PushedMembersView } from './pushed-members.ts';

const tags = ['discovery'];
const POOL_ERRORS = ['GW_POOL_NOT_FOUND', 'GW_POOL_NOT_PUSHED'] as const;
const CHANGE_ERRORS = [...POOL_ERRORS, 'GW_BAD_REQUEST', 'GW_PRECONDITION_FAILED', 'GW_DATABASE_UNAVAILABLE'] as const;

export const getDiscovery = {
  tags,
  operationId: 'getDiscovery',
  summary: 'Read what discovery knows of the members of pools, and of routes',
  response: {
    200: refTo(DiscoveryView, { description: 'Pools with a source, and providers of routes' }),
    ...errorAnswers(...COMMON_ERRORS),
  },
};

export const getPushedMembers = {
  tags,
  operationId: 'getPushedMembers',
  summary: 'Read the list that was pushed to a pool',
  params: PoolPath,
  response: {
    200: refTo(PushedMembersView, { description: 'The list, as stored' }),
    ...errorAnswers(...POOL_ERRORS, ...COMMON_ERRORS),
  },
};

export const pushMembers = {
  tags,
  operationId: 'pushMembers',
  summary: 'Replace all members of a pool with `discover: { push: {} }`',
  description:
    'One list is one change: it is stored for all gateways of the database, and applies on every thread of this one once it ' +
    'is answered, usually after `discovery.debounce`. One invalid member refuses the whole list. With If-Match, only if it ' +
    'has not changed since.',
  params: PoolPath,
  body: PushedMembersBody,
  response: {
    200: refTo(PushedMembersView, { description: 'The list, as stored' }),
    ...errorAnswers(...BODY_ERRORS, ...CHANGE_ERRORS, ...COMMON_ERRORS),
  },
};

export const deletePushedMembers = {
  tags,
  operationId: 'deletePushedMembers',
  summary: 'Remove the list that was pushed to a pool',
  description: 'The pool then has only the backends of the file and of the API. Requests in flight finish.',
  params: PoolPath,
  response: {
    204: Type.Null({ description: 'Removed' }),
    ...errorAnswers(...CHANGE_ERRORS, ...COMMON_ERRORS),
  },
};
