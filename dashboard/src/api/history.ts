import { answerOf, api } from './client.ts';
import type { History } from './types.ts';

export type Span = '60s' | '1h';

export function metricsHistory(span: Span): Promise<History> {
  return answerOf(api.GET('/v1/api/metrics/history', { params: { query: { span } } }));
}

export function backendHistory(id: string, span: Span): Promise<History> {
  const params = { path: { id }, query: { span } };
  return answerOf(api.GET('/v1/api/backends/{id}/metrics/history', { params }));
}
