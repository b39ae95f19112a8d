/** What the routes of /v1/api/circuit-breaker take and answer; the OpenAPI document is made of it. */
import { CircuitPath, OpenCircuitBody } from '../../backends/api/backend.ts';
import { CircuitsView } from './circuit-view.ts';
import { BODY_ERRORS, COMMON_ERRORS, errorAnswers } from '../../api/error-schema.ts';

const tags = ['backends'];
const found = { 200: CircuitsView, ...errorAnswers('GW_BACKEND_NOT_FOUND', ...COMMON_ERRORS) };

export const getCircuits = {
  tags,
  operationId: 'getCircuits',
  summary: 'Read the circuits',
  response: { 200: CircuitsView, ...errorAnswers(...COMMON_ERRORS) },
};

export const getCircuit = {
  tags,
  operationId: 'getCircuit',
  summary: 'Read the circuit of a backend',
  params: CircuitPath,
  response: found,
};

export const resetCircuit = {
  tags,
  operationId: 'resetCircuit',
  summary: 'Close the circuit of a backend and forget its trips',
  description: 'Also one that was opened by an operator.',
  params: CircuitPath,
  response: found,
};

export const openCircuit = {
  tags,
  operationId: 'openCircuit',
  summary: 'Open the circuit of a backend for some time',
  description:
    'No answer of the backend ends it; when the time is over, the circuit is half-open (closed, where circuits are off). ' +
    'Works with `circuit_breaker.enabled: false` too. Once more: for the new time from now. Not kept over a restart.',
  params: CircuitPath,
  body: OpenCircuitBody,
  response: {
    ...found,
    ...errorAnswers(...BODY_ERRORS),
  },
};
