import type { components } from '../../../openapi/client.ts';
import { answerOf, api } from './client.ts';

export type Limits = components['schemas']['Limits'];

export function limits(): Promise<Limits> {
  return answerOf(api.GET('/v1/api/limits'));
}

export function circuits() {
  return answerOf(api.GET('/v1/api/circuit-breaker'));
}

export type TopOrder = 'requests' | 'refused';

export function topClients(by: TopOrder, limit: number) {
  return answerOf(api.GET('/v1/api/limits/top', { params: { query: { by, limit } } }));
}
