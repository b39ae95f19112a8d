import type { Column } from './column.ts';

export interface CellsProps<Row> {
  readonly columns: readonly Column<Row>[];
  readonly row: Row;
}

/** The cells of a row, in the order of the heads. */
export function Cells<Row>({ columns, row }: CellsProps<Row>) {
  return columns.map(({ name, value, cell, isNumber, className = '' }) => (
    <td key={name} className={`${isNumber === true ? 'number' : ''} ${className}`}>
      {cell === undefined ? value(row) : cell(row)}
    </td>
  ));
}
