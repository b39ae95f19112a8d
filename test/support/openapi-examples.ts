/** The examples of a body or parameter of the OpenAPI document. */
export interface Shown {
  readonly example?: unknown;
  readonly examples?: Readonly<Record<string, { readonly value?: unknown }>>;
}

export function examplesOf({
  example,
  examples = {},
}: Shown): readonly { readonly name: string; readonly value: unknown }[] {
  const named = Object.entries(examples).map(([name, { value }]) => ({ name, value }));
  return example === undefined ? named : [{ name: 'example', value: example }, ...named];
}
