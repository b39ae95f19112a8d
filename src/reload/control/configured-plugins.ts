/** The plugins of the current configuration with the values of their options, as operators may see them. */
import { isDeepStrictEqual } from 'node:util';
import { type PluginOptions, shownJson } from '../../config/code/plugin-options.ts';
import { isRecord, toPointer } from '../../config/file/path.ts';
import type { References } from '../../config/file/references.ts';
import type { Settings } from '../../config/settings.ts';
import { HIDDEN } from '../../config/to-file.ts';
import type { FieldProblem } from '../../errors.ts';
import type { ConfiguredOption, ConfiguredPlugin } from '../configuration.ts';

export interface ConfiguredPluginsInput {
  readonly settings: Pick<Settings, 'plugins' | 'routes'>;
  /** By name. */
  readonly about: ReadonlyMap<string, PluginOptions>;
  readonly references: Pick<References, 'texts'>;
  /** Of the last reload, if it was refused. */
  readonly problems: readonly FieldProblem[];
}

/** User and password in a URL. */
const CREDENTIALS = /\/\/[^/\s"@]*@/g;

export function configuredPlugins(input: ConfiguredPluginsInput): readonly ConfiguredPlugin[] {
  const { settings, about } = input;
  return Object.entries(settings.plugins).map(([name, { file, revision, timeoutMs, onError, options }]) => ({
    name,
    file,
    revision,
    timeoutMs,
    onError,
    routes: settings.routes.filter(({ plugins }) => plugins.includes(name)).map((route) => route.name),
    options: (about.get(name)?.options ?? []).map((option) => configured(name, option, options, input)),
  }));
}

function configured(
  plugin: string,
  option: PluginOptions['options'][number],
  options: Readonly<Record<string, unknown>>,
  { references, problems }: ConfiguredPluginsInput,
): ConfiguredOption {
  const path = option.key.split('.');
  const value = path.reduce<unknown>((at, key) => (isRecord(at) ? at[key] : undefined), options);
  const json = shownJson(value, HIDDEN);
  const field = ['plugins', plugin, 'options', option.key].join('.');
  const error = problems.find((each) => each.field === field || each.field.startsWith(`${field}.`))?.message ?? null;
  const isSet =
    json !== null && !isDeepStrictEqual(value, option.fallback === null ? undefined : parsed(option.fallback));
  return {
    ...option,
    isSet,
    value: shown(json, ['plugins', plugin, 'options', ...path], option.isSecret, references),
    error,
  };
}

function shown(
  json: string | null,
  path: readonly string[],
  isSecret: boolean,
  { texts }: ConfiguredPluginsInput['references'],
): string | null {
  if (json === null) return null;
  const pointer = toPointer(path);
  const reference = texts.get(pointer);
  if (reference !== undefined) return reference.text;
  // Some part of it is from the environment: what surrounds it tells nothing.
  const isPartly = [...texts.keys()].some((each) => each.startsWith(`${pointer}/`));
  return isSecret || isPartly ? HIDDEN : json.replaceAll(CREDENTIALS, `//${HIDDEN}@`);
}

function parsed(json: string): unknown {
  return JSON.parse(json) as unknown;
}
