import { Kind, type TSchema } from '@sinclair/typebox';

import type { Origin } from '../file/document.ts';
import { FORMATS, type FormatName } from './formats.ts';
import { type KeySearch, keyPlaces } from './key-places.ts';
import { didYouMean } from './nearest.ts';
import { shorten } from '../file/problem.ts';
import {
  isArraySchema,
  isObjectSchema,
  isRecordSchema,
  isTupleSchema,
  isUnionSchema,
  recordValue,
} from './schema-at.ts';

/** What a setting allows: `an integer from 0 to 65535`. */
export function allowedText(schema: TSchema): string {
  if (isUnionSchema(schema))
    return schema.anyOf
      .map(allowedText)
      .join(', ')
      .replace(/, (?=an integer)/, ' or ');
  if (isObjectSchema(schema)) return `a mapping with the keys ${Object.keys(schema.properties).join(', ')}`;
  if (isRecordSchema(schema)) {
    return `a mapping from names to ${isObjectSchema(recordValue(schema)) ? 'their settings' : 'texts'}`;
  }
  if (isArraySchema(schema)) return schema.minItems === undefined ? 'a list' : 'a list with at least one item';
  if (isTupleSchema(schema)) return `a list of ${schema.items?.length} values: [200, 399]`;
  switch (schema[Kind]) {
    case 'Literal':
      return String(schema.const);
    case 'Boolean':
      return 'true or false';
    case 'Integer':
      return `an integer${range(schema)}`;
    case 'Number':
      return `a number${range(schema)}`;
    default:
      return formatOf(schema)?.allowed ?? textRule(schema);
  }
}

/**
 * `found X; allowed: Y`, with the reason or the nearest valid word where there is one. Never shows a secret, and for a
 * value with a variable in it only the reference: not even a similar word.
 */
export function explainValue(
  schema: TSchema,
  value: unknown,
  origin: Origin | undefined,
  reference: string | undefined,
): string {
  if (value === undefined) return `missing; allowed: ${allowedText(schema)}`;
  let hint = '';
  if (typeof value === 'string' && reference === undefined) {
    const reason = formatOf(schema)?.reject(value) ?? '';
    if (reason.startsWith('did you mean')) hint = `; ${reason}`;
    else if (reason !== '') hint = ` (${reason})`;
    else hint = didYouMean(value, wordsOf(schema));
  }
  return `found ${foundText(schema, value, origin, reference)}; allowed: ${allowedText(schema)}${hint}`;
}

/** @param within where else the key may belong; default: nowhere */
export function explainUnknownKey(key: string, schema: TSchema, within?: KeySearch): string {
  const known = isObjectSchema(schema) ? Object.keys(schema.properties) : [];
  const near = didYouMean(key, known) || (within === undefined ? '' : keyPlaces(key, within));
  return `unknown key "${shorten(key, 80)}"${near === '' ? `; allowed here: ${known.join(', ')}` : near}`;
}

/** Removes user and password from a URL in a text. */
function withoutCredentials(text: string): string {
  return text.replaceAll(/\/\/[^/\s]*@/g, '//***@');
}

function foundText(schema: TSchema, value: unknown, origin: Origin | undefined, reference: string | undefined): string {
  if (value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a mapping';
  // Where a mapping belongs, a single value may well be a secret one level too high: `admin: s3cret`.
  const isContainer = isObjectSchema(schema) || isRecordSchema(schema);
  if (isContainer) return `a ${typeof value === 'string' ? 'text' : typeof value}`;
  if (schema.secret === true) return 'a value that is not shown here';
  if (reference !== undefined) return `the value of ${JSON.stringify(shorten(withoutCredentials(reference), 80))}`;
  if (typeof value === 'string') return JSON.stringify(shorten(withoutCredentials(value), 80));
  return shorten(origin?.text ?? String(value as number | boolean), 80);
}

function formatOf(schema: TSchema): (typeof FORMATS)[FormatName] | undefined {
  const name = typeof schema.format === 'string' ? schema.format.replace(/^sluice-/, '') : '';
  return Object.hasOwn(FORMATS, name) ? FORMATS[name as FormatName] : undefined;
}

function wordsOf(schema: TSchema): readonly string[] {
  if (schema[Kind] === 'Boolean') return ['true', 'false'];
  return isUnionSchema(schema) ? schema.anyOf.flatMap((one) => (typeof one.const === 'string' ? [one.const] : [])) : [];
}

/** Begins with a space; empty: any. Plugins have schemas of their own, which may limit one end only. */
function range(schema: TSchema): string {
  const { minimum, exclusiveMinimum, maximum } = schema as {
    minimum?: number;
    exclusiveMinimum?: number;
    maximum?: number;
  };
  const most = maximum === undefined ? '' : `, at most ${maximum}`;
  if (exclusiveMinimum !== undefined) return ` above ${exclusiveMinimum}${most}`;
  if (minimum === undefined) return most.replace(',', '');
  return maximum === undefined ? ` of at least ${minimum}` : ` from ${minimum} to ${maximum}`;
}

/** Of a text without one of our formats, as plugins may have them. */
function textRule({ minLength, maxLength, pattern }: TSchema): string {
  const rules = [
    minLength === undefined ? [] : [`at least ${minLength} characters`],
    maxLength === undefined ? [] : [`at most ${maxLength} characters`],
    pattern === undefined ? [] : [`matching ${pattern}`],
  ].flat();
  return ['text', ...rules].join(', ');
}
