import { answerOf, api } from './client.ts';
import type { Scale } from './types.ts';

export function scale(): Promise<Scale> {
  return answerOf(api.GET('/v1/api/scale'));
}
