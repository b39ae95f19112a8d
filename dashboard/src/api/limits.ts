import type { components } from '../../../openapi/client.ts';
import type { TalkerOrder } from '../../../src/limits/core/limits-vocabulary.ts';
import { answerOf, api } from './client.ts';
import type { ClientLimit } from './clients.ts';

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

export type ClientWhatIf = components['schemas']['ClientWhatIf'];
export type DefaultWhatIf = components['schemas']['DefaultWhatIf'];

/** What another limit would have made of the last hour: of a client or, with an empty key, of all under the default one. */
export function whatIf(key: string, limit: ClientLimit): Promise<ClientWhatIf | DefaultWhatIf> {
  if (key === '') return answerOf(api.POST('/v1/api/limits/what-if', { body: limit }));
  return answerOf(api.POST('/v1/api/clients/{key}/what-if', { params: { path: { key } }, body: limit }));
}
