import { answerOf, api } from './client.ts';
import { send } from './send.ts';

export function rateLimit() {
  return answerOf(api.GET('/v1/api/rate-limit'));
}

export function circuits() {
  return answerOf(api.GET('/v1/api/circuit-breaker'));
}

export type TopOrder = 'requests' | 'refused';

export interface TopClients {
  readonly window_seconds: number;
  readonly items: readonly {
    readonly key: string;
    readonly kind: string;
    readonly registered: boolean;
    readonly requests: number;
    readonly refused: number;
  }[];
}

export function topClients(by: TopOrder, limit: number): Promise<TopClients> {
  return send('GET', `/v1/api/limits/top?by=${by}&limit=${limit}`);
}
