/**
 * A checked value without its wrong parts: anything may be missing, and the rest is valid. So the checks between keys
 * can run although the file has other mistakes, and all are reported at once.
 */
export type Draft<T> = unknown extends T
  ? T
  : T extends string | number | boolean
    ? T
    : T extends readonly (infer Item)[]
      ? readonly (Draft<Item> | undefined)[]
      : { readonly [Key in keyof T]?: Draft<T[Key]> | undefined };
