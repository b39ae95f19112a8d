/**
 * A checked value with the wrong parts taken out: anything may be missing, and what is there is right. So the checks
 * between keys can run although the file has other mistakes, and all are told at once.
 */
export type Draft<T> = T extends string | number | boolean
  ? T
  : T extends readonly (infer Item)[]
    ? readonly (Draft<Item> | undefined)[]
    : { readonly [Key in keyof T]?: Draft<T[Key]> | undefined };
