/**
 * Where the environment was substituted in a configuration. The value of a variable may be a secret, whatever its name:
 * so errors, changes, logs and the API show the reference, `${NAME}`, instead of the value. And a text sent to the API
 * may only use what the current file uses, or an operator could read the environment of the process with it.
 */
import type { TSchema } from '@sinclair/typebox';

import { inheritedFrom, type ConfigDocument } from './document.ts';
import { impliedSetting } from '../flags.ts';
import { fromPointer, isRecord, toPointer, type Path } from './path.ts';
import { SHARED_KEYS } from '../schema/pool-schema.ts';
import { shorten } from './problem.ts';
import { makeRouteName } from '../route-name.ts';
import {
  isArraySchema,
  isObjectSchema,
  isRecordSchema,
  isTupleSchema,
  recordValue,
  schemaAt,
} from '../schema/schema-at.ts';
import type { Settings } from '../settings.ts';

/** Can be cloned: it comes from another thread. */
export interface References {
  /** Every variable that the configuration uses, and where. */
  readonly uses: readonly VariableUse[];
  /** By JSON pointer, backends as `/backends/ID`: the text to show, and the value behind it. */
  readonly texts: ReadonlyMap<string, { readonly text: string; readonly value: string }>;
  /** How to show ids and names with a variable in them. */
  readonly backends: ReadonlyMap<string, string>;
  readonly routes: ReadonlyMap<string, string>;
}

export interface VariableUse {
  readonly variable: string;
  /** The key, whatever the pool, the item of the list or the name in the mapping: `admin.tokens.*.hash`. */
  readonly setting: string;
  readonly isSecret: boolean;
}

export const NO_REFERENCES: References = { uses: [], texts: new Map(), backends: new Map(), routes: new Map() };

/** How a message shows the value at a path: as it is, or as the reference it came from. */
export type Show = (path: Path, value: unknown) => string;

export function showFrom(document: ConfigDocument): Show {
  return (path, value) => shorten(referenceAt(document, path) ?? String(value), 80);
}

/** The file's text there, or for all pools, if it contains a variable. */
export function referenceAt(document: ConfigDocument, path: Path): string | undefined {
  const own = document.origins.get(toPointer(path));
  if (own !== undefined) return own.reference;
  return inheritedFrom(path).flatMap((top) => document.origins.get(toPointer(top))?.reference ?? [])[0];
}

/** May a text sent to the API use the variable at this path? */
export type MayUse = (variable: string, path: Path) => boolean;

/**
 * A variable of a secret key is allowed only at that key; one that is also used elsewhere is allowed anywhere, because
 * its value is not secret any more.
 * @param current of the current file.
 */
export function mayUseAs(current: References, schema: TSchema): MayUse {
  return (variable, path) => {
    const setting = settingOf(schema, path);
    const uses = current.uses.filter((use) => use.variable === variable);
    if (uses.some((use) => use.setting === setting)) return true;
    if (impliedSetting(variable) === setting) return true;
    return uses.length > 0 && !uses.some(({ isSecret }) => isSecret) && impliedSetting(variable) === undefined;
  };
}

function usesIn(document: ConfigDocument, schema: TSchema): readonly VariableUse[] {
  const uses = new Map<string, VariableUse>();
  for (const [pointer, { variables }] of document.origins) {
    if (variables.length === 0) continue;
    const path = fromPointer(pointer);
    const setting = settingOf(schema, path);
    const isSecret = schemaAt(schema, path)?.secret === true;
    for (const variable of variables) uses.set(`${variable} ${setting}`, { variable, setting, isSecret });
  }
  return [...uses.values()];
}

export function referencesIn(document: ConfigDocument, schema: TSchema, settings: Settings): References {
  const texts = new Map<string, { text: string; value: string }>();
  const ids = new Map(
    settings.pools.flatMap(({ name, backends }) =>
      backends.map(({ id }, at) => [toPointer(['pools', name, 'backends', String(at)]), id]),
    ),
  );
  const backends = new Map<string, string>();
  const poolNames = settings.pools.map(({ name }) => name);
  for (const [pointer, { reference, interpolated }] of document.origins) {
    if (reference === undefined) continue;
    const path = [...fromPointer(pointer)];
    const entry = { text: reference, value: String(interpolated) };
    const id = ids.get(toPointer(path.slice(0, 4)));
    if (id !== undefined) {
      texts.set(toPointer(['backends', id, ...path.slice(4)]), entry);
      // Without an id of its own, it is derived from the URL.
      if (path[4] === 'id' || (path[4] === 'url' && !document.origins.has(toPointer([...path.slice(0, 4), 'id'])))) {
        backends.set(id, reference);
      }
      continue;
    }
    // Settings have these names in lower case.
    if (path.at(-2) === 'expected_headers') path[path.length - 1] = path.at(-1)!.toLowerCase();
    texts.set(toPointer(path), entry);
    if (path[0] === 'route_defaults') {
      for (const at of settings.routes.keys()) {
        const isOwn = document.origins.has(toPointer(['routes', String(at), path[1]!]));
        if (!isOwn) texts.set(toPointer(['routes', String(at), ...path.slice(1)]), entry);
      }
      continue;
    }
    if (!(SHARED_KEYS as readonly (string | undefined)[]).includes(path[0])) continue;
    for (const name of poolNames) {
      const inPool = toPointer(['pools', name, ...path]);
      if (!document.origins.has(inPool)) texts.set(inPool, entry);
    }
  }
  return { uses: usesIn(document, schema), texts, backends, routes: routesIn(document, settings) };
}

function routesIn(document: ConfigDocument, settings: Settings): ReadonlyMap<string, string> {
  const given = Array.isArray(document.root.routes) ? (document.root.routes as readonly unknown[]) : [];
  return new Map(
    given.flatMap((route, at) => {
      const name = settings.routes[at]?.name;
      const shown = shownRouteName(document, route, at);
      return name === undefined || shown === undefined ? [] : [[name, shown] as const];
    }),
  );
}

/** The displayable name of a route; undefined if there is no variable in it. */
export function shownRouteName(document: ConfigDocument, route: unknown, at: number): string | undefined {
  const reference = (...keys: readonly string[]): string | undefined =>
    document.origins.get(toPointer(['routes', String(at), ...keys]))?.reference;
  if (!isRecord(route)) return undefined;
  if (route.name !== undefined) return reference('name');
  const methods = Array.isArray(route.methods) ? (route.methods as readonly unknown[]) : [];
  const methodsShown = methods.map((_, index) => reference('methods', String(index)));
  const texts = {
    host: shown('host'),
    path: shown('path'),
    prefix: shown('path_prefix'),
    expression: shown('path_regex'),
  };
  const conditions = Object.entries(isRecord(route.match) ? route.match : {}).map(
    ([kind, record]) =>
      [
        kind,
        Object.entries(isRecord(record) ? record : {}).map(([name, value]) => ({
          name,
          text: reference('match', kind, name),
          value: String(value),
        })),
      ] as const,
  );
  const isReferring =
    Object.values(texts).some(({ isReference }) => isReference) ||
    methodsShown.some((one) => one !== undefined) ||
    conditions.some(([, list]) => list.some(({ text }) => text !== undefined));
  if (!isReferring) return undefined;
  return makeRouteName({
    host: texts.host.text ?? '',
    path: texts.path.text,
    prefix: texts.prefix.text,
    expression: texts.expression.text,
    methods: methods.map((method, index) => methodsShown[index] ?? String(method)),
    match: Object.fromEntries(
      conditions.map(([kind, list]) => [
        kind,
        Object.fromEntries(list.map(({ name, text, value }) => [name, text ?? value])),
      ]),
    ),
  });

  function shown(key: string): { readonly text: string | undefined; readonly isReference: boolean } {
    const text = reference(key);
    return {
      text: text ?? ((route as Record<string, unknown>)[key] as string | undefined),
      isReference: text !== undefined,
    };
  }
}

/** A key of the schema: the names of pools and headers and the indexes of lists are `*`; in a pool as at the top. */
export function settingOf(schema: TSchema, path: Path): string {
  const [top = path] = inheritedFrom(path);
  let at: TSchema | undefined = schema;
  const names: string[] = [];
  for (const key of top) {
    const isNamed = at === undefined || isObjectSchema(at);
    names.push(isNamed ? key : '*');
    if (at === undefined) continue;
    if (isObjectSchema(at)) at = Object.hasOwn(at.properties, key) ? at.properties[key] : undefined;
    else if (isRecordSchema(at)) at = recordValue(at);
    else if (isArraySchema(at)) at = at.items;
    else at = isTupleSchema(at) ? at.items?.[0] : undefined;
  }
  return names.join('.');
}
