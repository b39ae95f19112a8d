import { answerOf, api } from './client.ts';
import type { Backend } from './types.ts';

export interface NewBackend {
  readonly pool: string;
  readonly url: string;
  readonly id?: string;
  readonly weight: number;
}

const at = (id: string) => ({ params: { path: { id } } });
const circuitOf = (backend: string) => ({ params: { path: { backend } } });

export function createBackend({ id, ...rest }: NewBackend): Promise<Backend> {
  const body = { enabled: true, backup: false, max_in_flight: null, ...rest, ...(id === undefined ? {} : { id }) };
  return answerOf(api.POST('/v1/api/backends', { body }));
}

export function changeWeight(id: string, weight: number): Promise<Backend> {
  return answerOf(api.PATCH('/v1/api/backends/{id}', { ...at(id), body: { weight } }));
}

export function deleteBackend(id: string): Promise<unknown> {
  return answerOf(api.DELETE('/v1/api/backends/{id}', at(id)));
}

const ACTIONS = {
  drain: '/v1/api/backends/{id}/drain',
  undrain: '/v1/api/backends/{id}/undrain',
  enable: '/v1/api/backends/{id}/enable',
  disable: '/v1/api/backends/{id}/disable',
} as const;

export type BackendAction = keyof typeof ACTIONS;

export function actOnBackend(id: string, action: BackendAction): Promise<Backend> {
  return answerOf(api.POST(ACTIONS[action], at(id)));
}

export function resetCircuit(id: string): Promise<unknown> {
  return answerOf(api.POST('/v1/api/circuit-breaker/{backend}/reset', circuitOf(id)));
}

export function openCircuit(id: string, seconds: number): Promise<unknown> {
  return answerOf(api.POST('/v1/api/circuit-breaker/{backend}/open', { ...circuitOf(id), body: { seconds } }));
}

export function backendChanges(id: string) {
  return answerOf(api.GET('/v1/api/backends/{id}/history', at(id)));
}
