import { DEFAULT_WINDOW_SECONDS } from '../../../src/limits/core/limits-vocabulary.ts';
import type { ClientKind } from '../../../src/identity/core/identity-vocabulary.ts';
import { answerOf, api, fullAnswerOf } from './client.ts';
import type { Client } from './types.ts';

export interface ClientPage {
  readonly items: readonly Client[];
  readonly total: number;
}

export interface ClientQuery {
  readonly search: string;
  readonly kind: ClientKind | '';
  readonly limit: number;
  readonly offset: number;
}

export async function clients({ search, kind, limit, offset }: ClientQuery): Promise<ClientPage> {
  const query = { limit, offset, ...(search === '' ? {} : { search }), ...(kind === '' ? {} : { kind }) };
  const { data, response } = await fullAnswerOf(api.GET('/v1/api/clients', { params: { query } }));
  return { items: data, total: Number(response.headers.get('x-total-count')) };
}

/** A bucket has a rate, a window its length. */
export type ClientLimit =
  | { readonly algorithm: 'token-bucket'; readonly capacity: number; readonly rate_per_second: number }
  | { readonly algorithm: 'sliding-window'; readonly capacity: number; readonly window_seconds: number };

export type ClientSettings = ClientLimit & {
  readonly name: string | null;
  readonly enabled: boolean;
  readonly quotas: Client['quotas'];
  /** True: a new key; false: the key is removed. */
  readonly api_key?: boolean;
};

export function limitOf({ algorithm, capacity, rate_per_second, window_seconds: seconds }: Client): ClientLimit {
  return algorithm === 'sliding-window'
    ? { algorithm, capacity, window_seconds: seconds ?? DEFAULT_WINDOW_SECONDS }
    : { algorithm, capacity, rate_per_second };
}

export function createClient(
  identity: { readonly client_id: string } | { readonly ip_address: string },
  settings: ClientSettings,
): Promise<Client> {
  return answerOf(api.POST('/v1/api/clients', { body: { ...identity, ...settings } }));
}

/** Refused if somebody else has changed it since it was read. */
export function changeClient(client: Client, settings: ClientSettings): Promise<Client> {
  const headers = { 'if-match': `"${client.version}"` };
  const params = { path: { key: client.key } };
  return answerOf(api.PATCH('/v1/api/clients/{key}', { params, body: { ...settings }, headers }));
}

export function deleteClient(key: string): Promise<unknown> {
  return answerOf(api.DELETE('/v1/api/clients/{key}', { params: { path: { key } } }));
}

/** How much of its limit a client has used; works for any key, registered or not. */
export function clientUsage(key: string) {
  return answerOf(api.GET('/v1/api/clients/{key}/usage', { params: { path: { key } } }));
}
