import { answerOf, api } from './client.ts';
import { send } from './send.ts';
import type { Backend } from './types.ts';

export type BackendAction = 'drain' | 'undrain' | 'enable' | 'disable' | 'reset-metrics';

export interface NewBackend {
  readonly pool: string;
  readonly url: string;
  readonly id?: string;
  readonly weight?: number;
}

const path = (id: string): string => `/v1/api/backends/${encodeURIComponent(id)}`;
const circuit = (id: string): string => `/v1/api/circuit-breaker/${encodeURIComponent(id)}`;

export function createBackend(backend: NewBackend): Promise<Backend> {
  return send('POST', '/v1/api/backends', backend);
}

/** `null` takes back what the API said over the file. */
export function changeBackend(id: string, change: { readonly weight: number | null }): Promise<Backend> {
  return send('PATCH', path(id), change);
}

export function deleteBackend(id: string): Promise<void> {
  return send('DELETE', path(id));
}

export function actOnBackend(id: string, action: BackendAction): Promise<Backend> {
  return send('POST', `${path(id)}/${action}`);
}

export function resetCircuit(id: string): Promise<unknown> {
  return send('POST', `${circuit(id)}/reset`);
}

export function openCircuit(id: string, seconds: number): Promise<unknown> {
  return send('POST', `${circuit(id)}/open`, { seconds });
}

export function backendChanges(id: string) {
  return answerOf(api.GET('/v1/api/backends/{id}/history', { params: { path: { id } } }));
}
