/** Schemas of the routes of /v1/api/clients; the OpenAPI document is built from them. */
import { Type } from '@sinclair/typebox';
import {
  ChangedClientBody,
  ClientAnswer,
  ClientPath,
  ClientQuery,
  NewClientBody,
  ReplacedClientBody,
} from './client.ts';
import { refTo } from '../../api/json-types.ts';
import { BODY_ERRORS, COMMON_ERRORS, errorAnswers } from '../../api/error-schema.ts';

const tags = ['clients'];

const CHANGE_ERRORS = ['GW_CLIENT_NOT_FOUND', 'GW_PRECONDITION_FAILED'] as const;
const STORE_ERRORS = ['GW_DATABASE_UNAVAILABLE', 'GW_CLIENT_TABLE_FULL'] as const;

export const listClients = {
  operationId: 'listClients',
  tags,
  summary: 'List clients by key',
  description: 'X-Total-Count has the number of all matches, Link the next and the previous page.',
  querystring: ClientQuery,
  response: {
    200: Type.Array(refTo(ClientAnswer), { description: 'A page of clients' }),
    ...errorAnswers('GW_VALIDATION', ...COMMON_ERRORS, 'GW_DATABASE_UNAVAILABLE'),
  },
};

export const createClient = {
  operationId: 'createClient',
  tags,
  summary: 'Create a client',
  description:
    'Omitted values of capacity, rate_per_second, algorithm and window_seconds are those of the default limit. ' +
    'With algorithm sliding-window, capacity is the number of requests admitted in any window of window_seconds, and ' +
    'rate_per_second must be omitted.',
  body: NewClientBody,
  response: {
    201: refTo(ClientAnswer, { description: 'The new client; api_key is in no later answer' }),
    ...errorAnswers(...BODY_ERRORS, 'GW_CLIENT_EXISTS', ...COMMON_ERRORS, ...STORE_ERRORS),
  },
};

export const readClient = {
  operationId: 'readClient',
  tags,
  summary: 'Read a client',
  response: {
    200: refTo(ClientAnswer, { description: 'The client with its current settings' }),
    ...errorAnswers('GW_CLIENT_NOT_FOUND', ...COMMON_ERRORS, 'GW_DATABASE_UNAVAILABLE'),
  },
};

export const replaceClient = {
  operationId: 'replaceClient',
  tags,
  summary: 'Replace a client’s settings; its API key is kept',
  description:
    'rate_per_second is required for a token bucket (the default algorithm) and not allowed for a sliding-window. ' +
    'With If-Match, only if it has not changed since.',
  body: ReplacedClientBody,
  response: {
    200: refTo(ClientAnswer, { description: 'The client with its current settings' }),
    ...errorAnswers(...BODY_ERRORS, ...CHANGE_ERRORS, ...COMMON_ERRORS, ...STORE_ERRORS),
  },
};

export const changeClient = {
  operationId: 'changeClient',
  tags,
  summary: 'Change some of a client’s settings, or its API key',
  description: 'A JSON merge patch (RFC 7396). With If-Match, only if it has not changed since.',
  body: ChangedClientBody,
  response: {
    200: refTo(ClientAnswer, { description: 'The client with its current settings' }),
    ...errorAnswers(...BODY_ERRORS, ...CHANGE_ERRORS, ...COMMON_ERRORS, ...STORE_ERRORS),
  },
};

export const deleteClient = {
  operationId: 'deleteClient',
  tags,
  summary: 'Delete a client; the default limit applies to it from then on',
  description: 'With If-Match, only if it has not changed since.',
  response: {
    204: Type.Null({ description: 'Deleted' }),
    ...errorAnswers('GW_VALIDATION', ...CHANGE_ERRORS, ...COMMON_ERRORS, 'GW_DATABASE_UNAVAILABLE'),
  },
};

/**
 * One client is served on two paths: the documented `/:key`, and `/*` for a CIDR block whose slash is not
 * percent-encoded.
 */
export const CLIENT_PATHS = [
  ['/:key', { params: ClientPath }],
  ['/*', { hide: true }],
] as const;
