/** Reads values of JSON that others wrote. */

/** Throws Error. @param what named in the error */
export function parseJson(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`${what} is not JSON`);
  }
}

/** Undefined if there is no such field, or `value` is no object. */
export function fieldOf(value: unknown, ...path: readonly string[]): unknown {
  let at = value;
  for (const key of path) {
    if (typeof at !== 'object' || at === null || Array.isArray(at) || !Object.hasOwn(at, key)) return undefined;
    at = (at as Readonly<Record<string, unknown>>)[key];
  }
  return at;
}

/** Null for anything but a text that is not empty. */
export function textAt(value: unknown, ...path: readonly string[]): string | null {
  const found = fieldOf(value, ...path);
  return typeof found === 'string' && found !== '' ? found : null;
}

/** Empty if it is missing or null; undefined: it is there and no list. */
export function listAt(value: unknown, ...path: readonly string[]): readonly unknown[] | undefined {
  const found = fieldOf(value, ...path) ?? [];
  return Array.isArray(found) ? found : undefined;
}

export function isPort(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= 65_535;
}
