/** Entities of a declarative file: nested in each other, or beside each other with references by name or id. */
import { entriesOf, fieldOf, type Sourced, textOf } from '../document/sourced-document.ts';
import { knownDirectives } from '../outline/directive-table.ts';
import type { ImportFindings } from '../outline/findings.ts';
import type { GatewayOutline } from '../outline/gateway-outline.ts';
import { KONG_TABLE } from './kong-table.ts';

export const KNOWN = knownDirectives(KONG_TABLE);

export interface KongWorld {
  readonly file: Sourced;
  readonly outline: GatewayOutline;
}

/** Items of a list; a value that is none is the only item, so that a condition is not passed over. */
export function itemsOf(of: Sourced | undefined, ...path: readonly string[]): readonly Sourced[] {
  const found = givenOf(of, ...path);
  return found === undefined ? [] : (found.items ?? [found]);
}

/** Its name, or what else tells it apart. */
export function nameOf(of: Sourced): string {
  const keys = ['name', 'username', 'custom_id', 'host', 'id'];
  return keys.map((key) => textOf(fieldOf(of, key))).find((text) => text !== undefined) ?? '';
}

/** Whether a reference, `NAME`, `ID`, `{ name }` or `{ id }`, means this entity. */
export function refersTo(reference: Sourced | undefined, of: Sourced): boolean {
  const given = [reference, ...['name', 'id', 'username'].map((key) => fieldOf(reference, key))]
    .map(textOf)
    .filter((text) => text !== undefined);
  return ['name', 'id', 'username', 'custom_id'].some((key) => {
    const own = textOf(fieldOf(of, key));
    return own !== undefined && given.includes(own);
  });
}

/** Entities of a kind that are in `parent`, or refer to it by the key `by`. */
export function childrenOf({ file }: KongWorld, kind: string, parent: Sourced, by: string): readonly Sourced[] {
  return [...itemsOf(parent, kind), ...itemsOf(file, kind).filter((each) => refersTo(fieldOf(each, by), parent))];
}

/** Undefined or null: as if it were not there. */
export function givenOf(of: Sourced | undefined, ...path: readonly string[]): Sourced | undefined {
  const found = fieldOf(of, ...path);
  const isNull = found?.value === null && found.fields === null && found.items === null;
  return isNull ? undefined : found;
}

/** A number, or the default of Kong; NaN if the value is none. */
export function numberOf(of: Sourced | undefined, key: string, otherwise: number): number {
  const text = textOf(fieldOf(of, key));
  return text === undefined ? otherwise : Number(text);
}

/** Keys that are neither translated nor without a meaning here are refused. */
export function onlyKeys(of: Sourced | undefined, known: string, findings: ImportFindings): void {
  const names = new Set(known.split(/\s+/));
  for (const [name, each] of entriesOf(of))
    if (!names.has(name) && givenOf(of, name) !== undefined) findings.refuse(each.origin, 'has no counterpart');
}
