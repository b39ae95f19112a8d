/** A column of a list: what it shows, what it is sorted by and what is exported. */
import type { ReactNode } from 'react';
import { sortedBy, type Sort, type Value } from './order.ts';

export interface Column<Row> {
  /** Unique in its list; also the head in the export. */
  readonly name: string;
  readonly value: (row: Row) => Value;
  /** Default: the value. */
  readonly cell?: (row: Row) => ReactNode;
  readonly isNumber?: boolean;
  /** The list itself does not show it. */
  readonly isExportOnly?: boolean;
  /** Such as `max-md:hidden`. */
  readonly className?: string;
}

export function inOrder<Row>(rows: readonly Row[], columns: readonly Column<Row>[], sort: Sort | null): readonly Row[] {
  const column = columns.find(({ name }) => name === sort?.column);
  return column === undefined || sort === null ? rows : sortedBy(rows, column.value, sort.isDescending);
}

export function shownColumns<Row>(columns: readonly Column<Row>[]): readonly Column<Row>[] {
  return columns.filter(({ isExportOnly }) => isExportOnly !== true);
}
