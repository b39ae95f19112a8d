/** Values that a JSON Schema allows, at its bounds more often than between them. Seeded: the same ones each time. */
import type { Draw } from './seeded.ts';

interface Schema {
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly format?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly maximum?: number;
}

/** Creates texts of one `format`, of at most this many characters. */
export type Formats = Readonly<Record<string, (draw: Draw, maxLength: number) => string>>;

export function valueOf(schema: object, draw: Draw, formats: Formats): unknown {
  const { type, enum: words, properties, required = [], ...rest } = schema as Schema;
  if (words !== undefined) return draw.of(words);
  const kind = typeof type === 'string' ? type : draw.of(type!);
  switch (kind) {
    case 'null':
      return null;
    case 'boolean':
      return draw.of([true, false]);
    case 'integer':
    case 'number':
      return numberOf(rest, draw, kind === 'integer');
    case 'string':
      return textOf(rest, draw, formats);
    case 'object': {
      const given = Object.entries(properties ?? {}).filter(([name]) => required.includes(name) || draw.below(2) === 0);
      return Object.fromEntries(given.map(([name, part]) => [name, valueOf(part, draw, formats)]));
    }
    default:
      throw new RangeError(`no values for the type ${kind}`);
  }
}

function numberOf(schema: Schema, draw: Draw, isWhole: boolean): number {
  const { minimum, exclusiveMinimum = 0, maximum = 1e12 } = schema;
  const least = minimum ?? exclusiveMinimum + (isWhole ? 1 : 1e-9);
  const between = least + draw.fraction() * (maximum - least);
  return draw.of([least, maximum, isWhole ? Math.floor(between) : between, Math.min(maximum, least + 1)]);
}

function textOf({ format, minLength = 0, maxLength = 300 }: Schema, draw: Draw, formats: Formats): string {
  if (format !== undefined && formats[format] === undefined) throw new RangeError(`no texts of the format ${format}`);
  const make = formats[format ?? ''] ?? ((from, length) => from.text('abcXYZ09-_. ', length));
  const length = draw.of([minLength, maxLength, draw.below(maxLength + 1)]);
  return make(draw, Math.max(minLength, length));
}
