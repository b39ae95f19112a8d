/** The path of a value in the configuration: its keys from the top; list items by index, as text. */
export type Path = readonly string[];

/** RFC 6901, as the schema checker writes paths: `/pools/api/backends/0/url`. The root is the empty text. */
export function toPointer(path: Path): string {
  let pointer = '';
  // Nearly no key needs it, and a large file has a pointer for each of its values.
  for (const key of path) pointer += `/${/[~/]/.test(key) ? key.replaceAll('~', '~0').replaceAll('/', '~1') : key}`;
  return pointer;
}

export function fromPointer(pointer: string): Path {
  const keys = pointer.split('/').slice(1);
  return pointer.includes('~') ? keys.map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~')) : keys;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value at a path; undefined if there is none. Own keys only. */
export function valueAt(root: unknown, path: Path): unknown {
  let at = root;
  for (const key of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, key)) return undefined;
    at = (at as Record<string, unknown>)[key];
  }
  return at;
}

/** Removes a value from its parent. A list keeps its length, so that the paths of the other items stay valid. */
export function removeAt(root: unknown, path: Path): void {
  const parent = valueAt(root, path.slice(0, -1));
  const key = path.at(-1);
  if (key === undefined || typeof parent !== 'object' || parent === null || !Object.hasOwn(parent, key)) return;
  if (Array.isArray(parent)) parent[Number(key)] = undefined;
  else delete (parent as Record<string, unknown>)[key];
}

/** Sets a value, creating mappings on the way; false if another value is in the way. */
export function putAt(root: Record<string, unknown>, path: Path, value: unknown): boolean {
  let at = root;
  for (const key of path.slice(0, -1)) {
    if (!Object.hasOwn(at, key)) at[key] = Object.create(null);
    const next = at[key];
    // A list takes its index as a key like any mapping does.
    if (typeof next !== 'object' || next === null) return false;
    at = next as Record<string, unknown>;
  }
  at[path.at(-1)!] = value;
  return true;
}
