import { answerOf, api } from './client.ts';
import type { Fleet } from './types.ts';

export function fleet(): Promise<Fleet> {
  return answerOf(api.GET('/v1/api/fleet'));
}
