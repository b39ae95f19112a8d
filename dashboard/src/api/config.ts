import type { ReloadResult } from '../../../src/reload/core/reload-vocabulary.ts';
import { answerOf, api } from './client.ts';
import type { ConfigChange } from './types.ts';

export interface Difference {
  readonly changes: readonly ConfigChange[];
  readonly restart_required: readonly string[];
  readonly warnings?: readonly { readonly key: string; readonly message: string }[];
}

export interface Applied extends Difference {
  readonly result: ReloadResult;
  readonly version: number;
}

export function configuration() {
  return answerOf(api.GET('/v1/api/config'));
}

/** What the text would change; without one, what the file would. */
export function checkConfiguration(text?: string): Promise<Difference> {
  return answerOf(api.POST('/v1/api/config/check', { body: text === undefined ? {} : { config: text } }));
}

export function reloadConfiguration(): Promise<Applied> {
  return answerOf(api.POST('/v1/api/config/reload'));
}

/** Writes the file and applies it. */
export function replaceConfiguration(text: string): Promise<Applied> {
  return answerOf(api.PUT('/v1/api/config', { body: { config: text } }));
}
