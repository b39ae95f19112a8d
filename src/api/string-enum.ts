import { Type, type TUnsafe } from '@sinclair/typebox';

/** One of several words. A union of literals would produce an error per word, and an unreadable OpenAPI document. */
export function stringEnum<const Words extends readonly string[]>(
  words: Words,
  options: { description?: string } = {},
): TUnsafe<Words[number]> {
  return Type.Unsafe<Words[number]>({ type: 'string', enum: [...words], ...options });
}
