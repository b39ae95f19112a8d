import { HOST, ruleFor } from '../../../http/fields/header-rules.ts';
import { isOwnField } from '../../../http/fields/own-fields.ts';
import type { Path } from '../../file/path.ts';
import { finding, type Finding } from '../../file/problem.ts';
import { FORMATS } from '../../schema/formats.ts';
import type { RouteFile } from '../../schema/schema.ts';
import type { Draft } from '../draft.ts';

/** Names that a route may not change, or changes twice. */
export function checkFieldChanges(route: Draft<RouteFile>, here: Path): readonly Finding[] {
  return (['request_headers', 'response_headers'] as const).flatMap((key) => {
    const { set = {}, add = {}, remove = [] } = route[key] ?? {};
    const removed = remove.flatMap((name, at) =>
      name === undefined ? [] : ([[name, [...here, key, 'remove', String(at)]]] as const),
    );
    const named = [set, add].flatMap((record, at) =>
      Object.keys(record).map((name) => [name, [...here, key, at === 0 ? 'set' : 'add', name]] as const),
    );
    return [...named, ...removed].flatMap(([name, path]) => {
      const isKey = path.at(-1) === name;
      if (FORMATS['header-name'].reject(name) !== undefined && !isKey) return [];
      const fault = fieldFault(name, key);
      return fault === undefined ? [] : [finding(path, fault, { atKey: isKey })];
    });
  });
}

/** Why a route may not change this field; undefined: it may. */
export function fieldFault(name: string, key: 'request_headers' | 'response_headers'): string | undefined {
  return FORMATS['header-name'].reject(name) === undefined
    ? refusal(name, key)
    : `is not ${FORMATS['header-name'].allowed}`;
}

function refusal(name: string, key: 'request_headers' | 'response_headers'): string | undefined {
  if (ruleFor(name) === HOST && key === 'request_headers') {
    return 'is sent by Sluice itself; see preserve_host of the pool';
  }
  return ownFieldReason(name);
}

/** Why a route may not say anything about this field; undefined: it may. */
export function ownFieldReason(name: string): string | undefined {
  return isOwnField(name)
    ? 'belongs to the connection or the message, or is sent by Sluice itself: it cannot be changed'
    : undefined;
}
