import { answerOf, api, fullAnswerOf } from './client.ts';
import { send } from './send.ts';
import type { Client } from './types.ts';

export interface ClientPage {
  readonly items: readonly Client[];
  readonly total: number;
}

export interface ClientQuery {
  readonly search: string;
  readonly kind: 'ip' | 'cidr' | 'id' | '';
  readonly limit: number;
  readonly offset: number;
}

export async function clients({ search, kind, limit, offset }: ClientQuery): Promise<ClientPage> {
  const query = { limit, offset, ...(search === '' ? {} : { search }), ...(kind === '' ? {} : { kind }) };
  const { data, response } = await fullAnswerOf(api.GET('/v1/api/clients', { params: { query } }));
  return { items: data, total: Number(response.headers.get('x-total-count')) };
}

export interface ClientSettings {
  readonly capacity: number;
  readonly rate_per_second: number;
  readonly name: string | null;
  readonly enabled: boolean;
  /** True: a new key; false: the key is taken away. */
  readonly api_key?: boolean;
}

export function createClient(
  who: { readonly client_id: string } | { readonly ip_address: string },
  settings: ClientSettings,
): Promise<Client> {
  return answerOf(api.POST('/v1/api/clients', { body: { ...who, ...settings } }));
}

/** Refused when somebody else changed it since it was read. */
export function changeClient(client: Client, settings: ClientSettings): Promise<Client> {
  const headers = { 'if-match': `"${client.version}"` };
  const params = { path: { key: client.key } };
  return answerOf(api.PATCH('/v1/api/clients/{key}', { params, body: { ...settings }, headers }));
}

export function deleteClient(key: string): Promise<unknown> {
  return answerOf(api.DELETE('/v1/api/clients/{key}', { params: { path: { key } } }));
}

/** How much of its limit a client has used; any key has one, registered or not. */
export interface Usage {
  readonly key: string;
  readonly kind: string;
  readonly registered: boolean;
  readonly algorithm: string;
  readonly capacity: number;
  readonly rate_per_second: number;
  readonly window_seconds: number | null;
  /** Left. */
  readonly tokens: number;
  readonly used: number;
  readonly resets_in_seconds: number;
  readonly allowed_total: number | null;
  readonly refused_total: number | null;
}

export function clientUsage(key: string): Promise<Usage> {
  return send('GET', `/v1/api/clients/${encodeURIComponent(key)}/usage`);
}
