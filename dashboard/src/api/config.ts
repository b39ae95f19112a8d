import type { ReloadResult } from '../../../src/reload/core/reload-vocabulary.ts';
import { answerOf, api } from './client.ts';
import type { ConfigChange, ConfigVersion, ConfigWatch } from './types.ts';

export interface Difference {
  readonly changes: readonly ConfigChange[];
  readonly restart_required: readonly string[];
  readonly warnings?: readonly { readonly key: string; readonly message: string }[];
}

export interface Plan extends Difference {
  /** Null: of the file itself. */
  readonly plan_id: string | null;
}

export interface Applied extends Difference {
  readonly result: ReloadResult;
  /** Of the snapshot. */
  readonly version: number;
  /** Of the kept version. */
  readonly number: number | null;
}

export function configuration() {
  return answerOf(api.GET('/v1/api/config'));
}

export function configurationText() {
  return answerOf(api.GET('/v1/api/config/text'));
}

/** What the text would change; without one, what the file would. */
export function checkConfiguration(text?: string): Promise<Plan> {
  return answerOf(api.POST('/v1/api/config/check', { body: text === undefined ? {} : { config: text } }));
}

export function reloadConfiguration(watchSeconds: number): Promise<Applied> {
  return answerOf(api.POST('/v1/api/config/reload', { params: { query: { watch_seconds: watchSeconds } } }));
}

/** Writes the file and applies it, if nothing has changed since it was checked. */
export function applyConfiguration(text: string, planId: string, watchSeconds: number): Promise<Applied> {
  const body = { config: text, plan_id: planId, watch_seconds: watchSeconds };
  return answerOf(api.POST('/v1/api/config/apply', { body }));
}

export async function lastWatch(): Promise<ConfigWatch | null> {
  return (await answerOf(api.GET('/v1/api/config/watch'))).watch;
}

/** Keeps the version. */
export function endWatch(): Promise<ConfigWatch> {
  return answerOf(api.DELETE('/v1/api/config/watch'));
}

/** The current one first. */
export async function keptVersions(): Promise<readonly ConfigVersion[]> {
  return (await answerOf(api.GET('/v1/api/config/versions'))).items;
}

/** What lies between this version and the current one. */
export async function changesSince(number: number): Promise<readonly ConfigChange[]> {
  return (await answerOf(api.GET('/v1/api/config/versions/{number}/diff', { params: { path: { number } } }))).changes;
}

export function rollBack(number: number, watchSeconds: number): Promise<Applied> {
  const body = { watch_seconds: watchSeconds };
  return answerOf(api.POST('/v1/api/config/rollback/{number}', { params: { path: { number } }, body }));
}
