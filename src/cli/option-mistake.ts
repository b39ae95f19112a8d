import { nearest } from '../config/schema/nearest.ts';

interface OptionToken {
  readonly name: string;
  readonly rawName: string;
  readonly value: string | undefined;
  readonly inlineValue: boolean | undefined;
}

/** The mistakes in one flag of a command line, by a table of flags; empty: none. */
export function optionMistake(
  table: Readonly<Record<string, { readonly type: 'string' | 'boolean' }>>,
  { name, rawName, value, inlineValue }: OptionToken,
): string[] {
  if (!Object.hasOwn(table, name)) {
    const near = nearest(
      rawName,
      Object.keys(table).map((each) => `--${each}`),
    );
    return [`unknown flag ${rawName}${near === undefined ? '' : `; did you mean ${near}?`}`];
  }
  if (table[name]!.type === 'boolean') return value === undefined ? [] : [`${rawName} takes no value`];
  if (value === undefined || value === '') return [`${rawName} needs a value`];
  // `--port --host ::1` lacks a value; a value that begins with a dash is written --port=-1.
  return value.startsWith('-') && value !== '-' && inlineValue === false
    ? [`${rawName} needs a value, but ${value} follows`]
    : [];
}
