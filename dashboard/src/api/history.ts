import type { BackendSpan, HistorySpan } from '../../../src/telemetry/core/telemetry-vocabulary.ts';
import { answerOf, api } from './client.ts';
import type { GatewayHistory, History } from './types.ts';

export function metricsHistory(span: HistorySpan): Promise<GatewayHistory> {
  return answerOf(api.GET('/v1/api/metrics/history', { params: { query: { span } } }));
}

export function backendHistory(id: string, span: BackendSpan): Promise<History> {
  const params = { path: { id }, query: { span } };
  return answerOf(api.GET('/v1/api/backends/{id}/metrics/history', { params }));
}
