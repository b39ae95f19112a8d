/** Schemas of the routes of /v1/api/circuit-breaker; the OpenAPI document is built from them. */
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
  summary: 'Close the circuit of a backend and clear its trips',
  description: 'Also one opened by an operator. Applies on all gateways that share the database.',
  params: CircuitPath,
  response: found,
};

export const openCircuit = {
  tags,
  operationId: 'openCircuit',
  summary: 'Open the circuit of a backend for a while',
  description:
    'Answers of the backend do not close it. Afterwards the circuit is half-open (closed, if circuits are off). ' +
    'Works with `circuit_breaker.enabled: false` too. Calling it again restarts the time. Applies on all gateways that share the database, and after a restart.',
  params: CircuitPath,
  body: OpenCircuitBody,
  response: {
    ...found,
    ...errorAnswers(...BODY_ERRORS),
  },
};
