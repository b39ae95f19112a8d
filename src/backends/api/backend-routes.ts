/** What the routes of /v1/api/backends take and answer; the OpenAPI document is made of it. */
import { Type } from '@sinclair/typebox';
import { BackendPath, ChangedBackendBody, NewBackendBody, ReplacedBackendBody } from './backend.ts';
import { BackendView } from './backend-view.ts';
import { BODY_ERRORS, COMMON_ERRORS, errorAnswers } from '../../api/error-schema.ts';
import { refTo } from '../../api/json-types.ts';

const tags = ['backends'];
const CHANGE_ERRORS = ['GW_BACKEND_NOT_FOUND', 'GW_PRECONDITION_FAILED', 'GW_DATABASE_UNAVAILABLE'] as const;
const asItIs = refTo(BackendView, { description: 'As it is in force on every thread' });

export const listBackends = {
  tags,
  operationId: 'listBackends',
  summary: 'List backends',
  response: {
    200: Type.Array(refTo(BackendView), { description: 'All pools' }),
    ...errorAnswers(...COMMON_ERRORS),
  },
};

export const getBackend = {
  tags,
  operationId: 'getBackend',
  summary: 'Read one backend',
  params: BackendPath,
  response: {
    200: refTo(BackendView, { description: 'As it is now' }),
    ...errorAnswers('GW_BACKEND_NOT_FOUND', ...COMMON_ERRORS),
  },
};

export const createBackend = {
  tags,
  operationId: 'createBackend',
  summary: 'Add a backend to a pool',
  description: 'It is kept over restarts and reloads, and shown with `source: api`.',
  body: NewBackendBody,
  response: {
    201: asItIs,
    ...errorAnswers(...BODY_ERRORS, 'GW_BACKEND_EXISTS', ...COMMON_ERRORS, 'GW_DATABASE_UNAVAILABLE'),
  },
};

export const replaceBackend = {
  tags,
  operationId: 'replaceBackend',
  summary: 'Replace a backend’s settings',
  description:
    'What is left out, and a max_in_flight of null, is as the file says, or the default of an added backend. What GET ' +
    'answered can be sent back: unchanged, it changes nothing. With If-Match, only when nobody has changed it since.',
  params: BackendPath,
  body: ReplacedBackendBody,
  response: { 200: asItIs, ...errorAnswers(...BODY_ERRORS, 'GW_BACKEND_EXISTS', ...CHANGE_ERRORS, ...COMMON_ERRORS) },
};

export const changeBackend = {
  tags,
  operationId: 'changeBackend',
  summary: 'Change some of a backend’s settings, or move it to another pool',
  description:
    'A JSON merge patch (RFC 7396): what is given lies over the file’s value and is kept over restarts and reloads; ' +
    'null takes it back. With If-Match, only when nobody has changed it since.',
  params: BackendPath,
  body: ChangedBackendBody,
  response: { 200: asItIs, ...errorAnswers(...BODY_ERRORS, 'GW_BACKEND_EXISTS', ...CHANGE_ERRORS, ...COMMON_ERRORS) },
};

export const deleteBackend = {
  tags,
  operationId: 'deleteBackend',
  summary: 'Remove an added backend, or what the API says of one of the file',
  description: 'Requests that run there finish. With If-Match, only when nobody has changed it since.',
  params: BackendPath,
  response: {
    204: Type.Null({ description: 'Removed; one of the file is as the file says again' }),
    ...errorAnswers('GW_BAD_REQUEST', 'GW_BACKEND_EXISTS', 'GW_BACKEND_IN_FILE', ...CHANGE_ERRORS, ...COMMON_ERRORS),
  },
};

function action(operationId: string, summary: string, description?: string) {
  return {
    tags,
    operationId,
    summary,
    ...(description === undefined ? {} : { description }),
    params: BackendPath,
    response: { 200: asItIs, ...errorAnswers('GW_BAD_REQUEST', ...CHANGE_ERRORS, ...COMMON_ERRORS) },
  };
}

export const drainBackend = action(
  'drainBackend',
  'Let a backend finish and give it nothing new',
  '`in_flight` says how much is left, `drained` when nothing is. Ask again, or watch /ws/metrics.',
);
export const undrainBackend = action('undrainBackend', 'Give a draining backend requests again');
export const enableBackend = action('enableBackend', 'Switch a backend on');
export const disableBackend = action('disableBackend', 'Switch a backend off', 'Requests that run there finish.');

export const resetBackendMetrics = {
  ...action(
    'resetBackendMetrics',
    'Begin a backend’s figures anew',
    'Totals, averages, latencies and the error window, on every thread. Health, circuit state and running requests stay.',
  ),
  response: {
    200: asItIs,
    ...errorAnswers('GW_BACKEND_NOT_FOUND', ...COMMON_ERRORS),
  },
};
