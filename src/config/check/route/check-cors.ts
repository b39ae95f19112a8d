import type { Path } from '../../file/path.ts';
import { finding, type Finding } from '../../file/problem.ts';
import type { RouteFile } from '../../schema/schema.ts';
import type { Draft } from '../draft.ts';

/** Credentials only for origins that somebody can vouch for. */
export function checkCors({ cors }: Draft<RouteFile>, here: Path): readonly Finding[] {
  if (cors?.credentials !== true) return [];
  const others = [[...here, 'cors', 'credentials']];
  return (cors.origins ?? []).flatMap((origin, at) => {
    // Any page can have the origin null, in a sandbox.
    if (origin !== '*' && origin !== 'null') return [];
    const message = `with credentials, every page could act for its visitors; name the origins`;
    return [finding([...here, 'cors', 'origins', String(at)], message, { others })];
  });
}
