import type { components } from '../../../openapi/client.ts';
import type { TalkerOrder } from '../../../src/limits/core/limits-vocabulary.ts';
import { answerOf, api } from './client.ts';

export type Limits = components['schemas']['Limits'];

export function limits(): Promise<Limits> {
  return answerOf(api.GET('/v1/api/limits'));
}

export function circuits() {
  return answerOf(api.GET('/v1/api/circuit-breaker'));
}

export function topClients(by: TalkerOrder, limit: number) {
  return answerOf(api.GET('/v1/api/limits/top', { params: { query: { by, limit } } }));
}
