import type { components } from '../../../openapi/client.ts';
import { answerOf, api } from './client.ts';

export type Plugin = components['schemas']['Plugins']['items'][number];

export async function plugins(): Promise<readonly Plugin[]> {
  return (await answerOf(api.GET('/v1/api/plugins'))).items;
}
