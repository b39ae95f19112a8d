import {
  FormatRegistry,
  Type,
  type Static,
  type TObject,
  type TProperties,
  type TSchema,
  type TUnsafe,
} from '@sinclair/typebox';

import { FORMATS, type FormatName } from './formats.ts';

/**
 * The few kinds of setting that the schema is built from. TypeScript considers a key with a default required, since it
 * is always there once defaults are filled in; the JSON Schema for editors makes it optional again.
 */
for (const [name, format] of Object.entries(FORMATS)) {
  FormatRegistry.Set(`sluice-${name}`, (text) => format.reject(text) === undefined);
}

declare const durationBrand: unique symbol;
/** A duration as the file writes it: `5s`. Becomes milliseconds, under a name that ends in Ms. */
export type DurationText = string & { readonly [durationBrand]: true };

interface TextOptions {
  readonly default?: string;
  /** Never show the value in an error. */
  readonly secret?: boolean;
}

/** Text of a kind in formats.ts. */
export function text(format: FormatName, description: string, options: TextOptions = {}) {
  return Type.String({ format: `sluice-${format}`, description, ...options });
}

/** A duration above zero. */
export function duration(fallback: string, description: string): TUnsafe<DurationText> {
  return Type.Unsafe<DurationText>(text('duration', description, { default: fallback }));
}

/** A duration that may be zero; the description says what zero means. */
export function durationOrZero(fallback: string, description: string): TUnsafe<DurationText> {
  return Type.Unsafe<DurationText>(text('duration-or-zero', description, { default: fallback }));
}

export function integer(range: readonly [from: number, to: number], fallback: number, description: string) {
  return Type.Integer({ minimum: range[0], maximum: range[1], default: fallback, description });
}

/** A share, 0..1. */
export function ratio(fallback: number, description: string) {
  return Type.Number({ minimum: 0, maximum: 1, default: fallback, description });
}

/** True or false. */
export function flag(fallback: boolean, description: string) {
  return Type.Boolean({ default: fallback, description });
}

/** One of several words. */
export function oneOf<const Words extends readonly string[]>(
  words: Words,
  fallback: Words[number] | undefined,
  description: string,
) {
  const literals = words.map((word) => Type.Literal(word));
  const options = fallback === undefined ? { description } : { default: fallback, description };
  return Type.Unsafe<Words[number]>(Type.Union(literals, options));
}

export function listOf<Item extends TSchema>(item: Item, fallback: readonly Static<Item>[], description: string) {
  return Type.Array(item, { default: [...fallback], description });
}

/** A mapping with exactly these keys; if missing, it is all defaults. */
export function section<Keys extends TProperties>(keys: Keys, description: string): TObject<Keys> {
  return Type.Object(keys, { additionalProperties: false, default: {}, description });
}
