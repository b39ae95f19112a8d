/**
 * Files that ship with Sluice. They lie beside its code; in the executable they are part of it, and its own path is
 * the folder they seem to be in, where a disk can have none.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { sep } from 'node:path';
import { getAsset, getRawAsset, isSea } from 'node:sea';

/** Whether this process is the executable. */
export const IS_EXECUTABLE: boolean = isSea();

/** Its assets, from scripts/executable/make-executable.ts: the names of all others. */
const LIST = 'assets.json';
const inside = process.execPath + sep;
let names: ReadonlySet<string> | undefined;

/** @param path absolute. Throws the system's error if there is none. */
export function readOwnFile(path: string): Buffer {
  const name = assetName(path);
  // Its memory is read-only: to be read and sent, never written to.
  return name === null ? readFileSync(path) : Buffer.from(getRawAsset(name) as ArrayBuffer);
}

export function hasOwnFile(path: string): boolean {
  const name = assetName(path);
  return name === null ? existsSync(path) : assets().has(name);
}

/** Names of the files in the folder, and `deep/er/ones`. Throws the system's error if there is no such folder. */
export function listOwnFolder(path: string): readonly string[] {
  const name = assetName(path);
  if (name === null) {
    const entries = readdirSync(path, { recursive: true, withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).map((entry) => nameBelow(path, entry.parentPath, entry.name));
  }
  const folder = name.endsWith('/') || name === '' ? name : `${name}/`;
  return [...assets()].filter((each) => each.startsWith(folder)).map((each) => each.slice(folder.length));
}

function nameBelow(folder: string, parent: string, name: string): string {
  const between = parent.slice(folder.length).split(sep).filter(Boolean);
  return [...between, name].join('/');
}

/** Null: it is a file on disk. */
function assetName(path: string): string | null {
  return IS_EXECUTABLE && path.startsWith(inside) ? path.slice(inside.length) : null;
}

function assets(): ReadonlySet<string> {
  names ??= new Set(JSON.parse(getAsset(LIST, 'utf8')) as readonly string[]);
  return names;
}
