import type { Path } from '../../file/path.ts';
import { finding, type Finding } from '../../file/problem.ts';
import type { RouteFile } from '../../schema/schema.ts';
import type { Draft } from '../draft.ts';

/** Pages for statuses that are errors. Whether the files can be read: route-files.ts. */
export function checkErrorPages({ error_pages: given }: Draft<RouteFile>, here: Path): readonly Finding[] {
  return Object.keys(given?.pages ?? {})
    .filter((key) => !/^[45](?:[0-9]{2}|xx)$/.test(key))
    .map((key) =>
      finding([...here, 'error_pages', 'pages', key], 'is neither a status from 400 to 599 nor 4xx or 5xx', {
        atKey: true,
      }),
    );
}
