import { answerOf, api } from './client.ts';
import type { Discovery } from './types.ts';

export function discovery(): Promise<Discovery> {
  return answerOf(api.GET('/v1/api/discovery'));
}
