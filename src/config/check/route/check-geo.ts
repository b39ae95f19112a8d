/** The table of locations, and routes that need locations. */
import type { TableFiles } from '../../../geo/table-files.ts';
import { finding, type Finding, type Warning } from '../../file/problem.ts';
import type { Show } from '../../file/references.ts';
import type { ConfigFile } from '../../schema/schema.ts';
import type { Draft } from '../draft.ts';
import { notOpened } from '../warnings.ts';

const TABLE = ['geo', 'table'];

/** @param isFaulty whether something under a path is wrong already */
export function checkGeo(
  file: Draft<ConfigFile>,
  tables: TableFiles,
  isFaulty: (under: readonly string[]) => boolean,
  show: Show,
): readonly Finding[] {
  return [...checkTable(file.geo?.table, tables, show), ...checkUses(file, isFaulty)];
}

/** A file that was not opened: see unreadFiles. */
export function unreadGeoTable({ geo }: Draft<ConfigFile>, tables: TableFiles, show: Show): readonly Warning[] {
  const table = geo?.table;
  if (table === undefined || tables.mayRead(table)) return [];
  return [{ key: TABLE.join('.'), message: notOpened(show(TABLE, table)) }];
}

function checkTable(table: string | undefined, tables: TableFiles, show: Show): readonly Finding[] {
  if (table === undefined || !tables.mayRead(table)) return [];
  try {
    tables.read(table);
    return [];
  } catch (error) {
    return [finding(TABLE, `"${show(TABLE, table)}" ${(error as Error).message}`)];
  }
}

function checkUses(
  { geo, routes = [] }: Draft<ConfigFile>,
  isFaulty: (under: readonly string[]) => boolean,
): readonly Finding[] {
  if (isFaulty(['geo']) || geo?.header !== undefined || geo?.table !== undefined) return [];
  return routes.flatMap((route, at) =>
    (route?.match?.geo ?? []).length === 0
      ? []
      : [
          finding(
            ['routes', String(at), 'match', 'geo'],
            'needs geo.header or geo.table: no location is known without',
          ),
        ],
  );
}
