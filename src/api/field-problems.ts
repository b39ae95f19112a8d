/** Ajv's errors as sentences for people: which field, what is allowed, what was found. */
import type { FieldProblem } from '../errors.ts';
import { FORMATS } from './string-formats.ts';

/** The part of Ajv's ErrorObject used here; `parentSchema` and `data` come with Ajv's `verbose`. */
export interface SchemaError {
  readonly keyword: string;
  readonly instancePath: string;
  readonly schemaPath: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly parentSchema?: object;
  readonly data?: unknown;
  readonly message?: string;
}

interface Schema {
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, unknown>>;
  readonly enum?: readonly unknown[];
  readonly format?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  /** For `oneOf` and `not`: describes what they require. */
  readonly 'x-rule'?: string;
}

/** More would not help a reader; a body of unknown fields would come back several times its size. */
const MAX_PROBLEMS = 100;

/** One problem per field, however many keywords it violates. `part` names the whole: body, querystring, params. */
export function fieldProblems(errors: readonly SchemaError[], part: string): FieldProblem[] {
  const problems = new Map<string, FieldProblem>();
  for (const error of errors) {
    // The branches of oneOf and anyOf each report an error; the keyword's own error is enough.
    if (/\/(oneOf|anyOf|not)\/./.test(error.schemaPath)) continue;
    // So do those of `then` and `else`, and there `if` itself adds nothing.
    if (error.keyword === 'if') continue;
    const problem = problemOf(error, part);
    if (!problems.has(problem.field)) problems.set(problem.field, problem);
    if (problems.size === MAX_PROBLEMS) break;
  }
  return [...problems.values()];
}

function problemOf(error: SchemaError, part: string): FieldProblem {
  const path = error.instancePath.slice(1).split('/').filter(Boolean).map(unescapePointer);
  const at = (...more: string[]): string => [...path, ...more].join('.') || part;
  const schema = (error.parentSchema ?? {}) as Schema;
  switch (error.keyword) {
    case 'required': {
      const name = String(error.params['missingProperty']);
      return { field: at(name), message: `is required: ${describe((schema.properties?.[name] ?? {}) as Schema)}` };
    }
    case 'additionalProperties': {
      const known = Object.keys(schema.properties ?? {}).join(', ');
      return {
        field: at(String(error.params['additionalProperty'])),
        message: `is not a known field; known: ${known}`,
      };
    }
    case 'oneOf':
    case 'anyOf':
    case 'not':
      return { field: at(), message: schema['x-rule'] ?? error.message ?? 'is not allowed' };
    default:
      return { field: at(), message: `must be ${describe(schema)}${reasonOf(schema, error.data)}` };
  }
}

function describe(schema: Schema): string {
  const types = [schema.type ?? 'any'].flat();
  const words = types.map((type) => (type === 'null' ? 'null' : describeType(type, schema)));
  return words.join(' or ');
}

function describeType(type: string, schema: Schema): string {
  if (schema.enum !== undefined) return `one of ${schema.enum.join(', ')}`;
  if (type === 'string') return describeString(schema);
  if (type === 'number' || type === 'integer')
    return describeNumber(type === 'integer' ? 'a whole number' : 'a number', schema);
  if (type === 'boolean') return 'true or false';
  return { object: 'an object', array: 'a list' }[type] ?? 'a value';
}

function describeString(schema: Schema): string {
  const format = schema.format === undefined ? undefined : FORMATS[schema.format]?.allowed;
  const length = schema.maxLength === undefined ? '' : `, at most ${schema.maxLength} characters`;
  return format === undefined ? `text${length}` : schema.format === 'printable' ? format + length : format;
}

function describeNumber(noun: string, { minimum, exclusiveMinimum, maximum }: Schema): string {
  const from = exclusiveMinimum === undefined ? minimum : exclusiveMinimum;
  if (from === undefined || maximum === undefined) return noun;
  return exclusiveMinimum === undefined
    ? `${noun} from ${from} to ${maximum}`
    : `${noun} above ${from}, up to ${maximum}`;
}

/** After what is allowed: what was found; for a text that may contain a secret, only what is wrong with it. */
function reasonOf({ format }: Schema, value: unknown): string {
  const reason = format === undefined || typeof value !== 'string' ? undefined : FORMATS[format]?.reason?.(value);
  return reason === undefined ? `, found ${show(value)}` : `; ${reason}`;
}

function show(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object' && value !== null) return 'an object';
  if (typeof value === 'number' || value === undefined) return value === undefined ? 'nothing' : String(value);
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

/** RFC 6901. */
const unescapePointer = (part: string): string => part.replaceAll('~1', '/').replaceAll('~0', '~');
