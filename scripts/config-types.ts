import type { TObject, TSchema } from '@sinclair/typebox';

import {
  isArraySchema,
  isObjectSchema,
  isRecordSchema,
  isTupleSchema,
  isUnionSchema,
  recordValue,
} from '../src/config/schema/schema-at.ts';
import { ConfigSchema } from '../src/config/schema/schema.ts';

const HEAD = `/**
 * The configuration as a file or code gives it: keys with a default are optional.
 *
 * Generated from src/config/schema/schema.ts by scripts/write-config-docs.ts. Do not edit.
 */

/** \`\${NAME}\`: the value of an environment variable, as in a YAML file. */
type Variable = \`\\\${\${string}}\`;
`;

/** Mappings with a name of their own, by key: \`*\` is the name of a pool or the index in a list. */
const NAMES: Readonly<Record<string, string>> = {
  '': 'Config',
  'pools.*': 'PoolConfig',
  'pools.*.backends.*': 'BackendConfig',
  'routes.*': 'RouteConfig',
};

/** src/config/code/config-input.ts: the schema as TypeScript types, which editors show with what each key means. */
export function configTypes(): string {
  const named: string[] = [];
  typeOf(ConfigSchema, [], 0, named);
  return [HEAD, ...named].join('\n');
}

/** @param named collects the declarations of what it refers to by name. */
function typeOf(schema: TSchema, path: readonly string[], depth: number, named: string[]): string {
  if (isObjectSchema(schema)) {
    if (path.join('.') === 'route_defaults') return `Pick<RouteConfig, ${union(Object.keys(schema.properties))}>`;
    const name = NAMES[path.join('.')];
    if (name === undefined) return mapping(schema, path, depth, named);
    const at = named.push('') - 1;
    named[at] = `${doc(schema, 0)}export interface ${name} ${mapping(schema, path, 0, named)}\n`;
    return name;
  }
  const inner = (one: TSchema): string => typeOf(one, [...path, '*'], depth, named);
  if (isRecordSchema(schema)) return `{ readonly [name: string]: ${inner(recordValue(schema))} }`;
  if (isTupleSchema(schema)) return `readonly [${(schema.items ?? []).map(inner).join(', ')}]`;
  if (isArraySchema(schema)) {
    const item = inner(schema.items);
    return `readonly ${item.includes(' | ') && !item.startsWith('{') ? `(${item})` : item}[]`;
  }
  if (isUnionSchema(schema)) {
    const kinds = new Set([...schema.anyOf.flatMap((one) => inner(one).split(' | ')), 'Variable']);
    // A variable is a text.
    if (kinds.has('string')) kinds.delete('Variable');
    return [...kinds].join(' | ');
  }
  if (schema.const !== undefined) return typeof schema.const === 'string' ? `'${schema.const}'` : String(schema.const);
  if (schema.type === 'string') return 'string';
  if (schema.type === undefined) return 'unknown';
  return schema.type === 'boolean' ? 'boolean | Variable' : 'number | Variable';
}

function mapping(schema: TObject, path: readonly string[], depth: number, named: string[]): string {
  const indent = '  '.repeat(depth + 1);
  const lines = Object.entries(schema.properties).map(([key, one]) => {
    const isRequired = schema.required?.includes(key) === true && one.default === undefined;
    const type = typeOf(one, [...path, key], depth + 1, named);
    const name = /^[a-z_]\w*$/i.test(key) ? key : `'${key}'`;
    return `${doc(one, depth + 1)}${indent}readonly ${name}${isRequired ? '' : '?'}: ${type}${isRequired ? '' : ' | undefined'};\n`;
  });
  return `{\n${lines.join('')}${'  '.repeat(depth)}}`;
}

function doc(schema: TSchema, depth: number): string {
  const fallback = isObjectSchema(schema) ? undefined : (schema.default as unknown);
  const shown = typeof fallback === 'string' ? fallback : JSON.stringify(fallback);
  const text = [schema.description ?? [], fallback === undefined ? [] : `Default: \`${shown}\`.`].flat().join(' ');
  return text === '' ? '' : `${'  '.repeat(depth)}/** ${text.replaceAll('*/', '*\\/').replaceAll('\n', ' ')} */\n`;
}

function union(words: readonly string[]): string {
  return words.map((word) => `'${word}'`).join(' | ');
}
