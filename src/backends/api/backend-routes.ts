/** Schemas of the routes of /v1/api/backends; the OpenAPI document is built from them. */
import { Type } from '@sinclair/typebox';
import { BackendPath, ChangedBackendBody, NewBackendBody, ReplacedBackendBody } from './backend.ts';
import { BackendView } from './backend-view.ts';
import { BODY_ERRORS, COMMON_ERRORS, errorAnswers } from '../../api/error-schema.ts';
import { refTo } from '../../api/json-types.ts';

const tags = ['backends'];
const CHANGE_ERRORS = ['GW_BACKEND_NOT_FOUND', 'GW_PRECONDITION_FAILED', 'GW_DATABASE_UNAVAILABLE'] as const;
const asItIs = refTo(BackendView, { description: 'The backend, as applied on every thread' });

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
    200: refTo(BackendView, { description: 'The current state' }),
    ...errorAnswers('GW_BACKEND_NOT_FOUND', ...COMMON_ERRORS),
  },
};

export const createBackend = {
  tags,
  operationId: 'createBackend',
  summary: 'Add a backend to a pool',
  description: 'It survives restarts and reloads, and is shown with `source: api`.',
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
    'Omitted fields, and a max_in_flight of null, get the file’s value, or the default for an added backend. Accepts the ' +
    'body of GET; unchanged, it changes nothing. With If-Match, only if it has not changed since.',
  params: BackendPath,
  body: ReplacedBackendBody,
  response: { 200: asItIs, ...errorAnswers(...BODY_ERRORS, 'GW_BACKEND_EXISTS', ...CHANGE_ERRORS, ...COMMON_ERRORS) },
};

export const changeBackend = {
  tags,
  operationId: 'changeBackend',
  summary: 'Change some of a backend’s settings, or move it to another pool',
  description:
    'A JSON merge patch (RFC 7396). Given fields override the file’s values and survive restarts and reloads; ' +
    'null removes the override. With If-Match, only if it has not changed since.',
  params: BackendPath,
  body: ChangedBackendBody,
  response: { 200: asItIs, ...errorAnswers(...BODY_ERRORS, 'GW_BACKEND_EXISTS', ...CHANGE_ERRORS, ...COMMON_ERRORS) },
};

export const deleteBackend = {
  tags,
  operationId: 'deleteBackend',
  summary: 'Remove an added backend, or the overrides of one from the file',
  description: 'Requests in flight finish. With If-Match, only if it has not changed since.',
  params: BackendPath,
  response: {
    204: Type.Null({ description: 'Removed; one from the file has its file values again' }),
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
  'Drain a backend: it finishes its requests and gets no new ones',
  '`in_flight` counts the remaining requests; `drained` is true when none are left. Poll, or watch /ws/metrics.',
);
export const undrainBackend = action('undrainBackend', 'End draining: the backend gets requests again');
export const enableBackend = action('enableBackend', 'Enable a backend');
export const disableBackend = action('disableBackend', 'Disable a backend', 'Requests in flight finish.');

export const resetBackendMetrics = {
  ...action(
    'resetBackendMetrics',
    'Reset a backend’s metrics',
    'Totals, averages, latencies and the error window, on every thread. Health, circuit state and requests in flight are kept.',
  ),
  response: {
    200: asItIs,
    ...errorAnswers('GW_BACKEND_NOT_FOUND', ...COMMON_ERRORS),
  },
};
