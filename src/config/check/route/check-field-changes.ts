import {
  CONNECTION,
  CONTENT_LENGTH,
  DROP,
  FORGED,
  HOST,
  MAX_FORWARDS,
  REQUEST_ID,
  ruleFor,
  TE,
  TRAILER,
  TRANSFER_ENCODING,
  VIA,
} from '../../../http/fields/header-rules.ts';
import type { Path } from '../../file/path.ts';
import { finding, type Finding } from '../../file/problem.ts';
import { FORMATS } from '../../schema/formats.ts';
import type { RouteFile } from '../../schema/schema.ts';
import type { Draft } from '../draft.ts';

/** Those that frame a message, belong to a connection, or that the gateway sends itself. */
const OWN: ReadonlySet<number> = new Set([
  CONNECTION,
  CONTENT_LENGTH,
  DROP,
  FORGED,
  HOST,
  MAX_FORWARDS,
  REQUEST_ID,
  TE,
  TRAILER,
  TRANSFER_ENCODING,
  VIA,
]);

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
      if (FORMATS['header-name'].reject(name) !== undefined) {
        return isKey ? [finding(path, `is not ${FORMATS['header-name'].allowed}`, { atKey: true })] : [];
      }
      const reason = refusal(name, key);
      return reason === undefined ? [] : [finding(path, reason, { atKey: isKey })];
    });
  });
}

function refusal(name: string, key: 'request_headers' | 'response_headers'): string | undefined {
  const rule = ruleFor(name);
  if (rule === HOST && key === 'request_headers') return 'is sent by Sluice itself; see preserve_host of the pool';
  return OWN.has(rule)
    ? 'belongs to the connection or the message, or is sent by Sluice itself: it cannot be changed'
    : undefined;
}
