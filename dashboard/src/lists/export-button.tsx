import { Button } from '../components/button.tsx';
import type { Column } from './column.ts';
import { csvOf } from './csv.ts';

export interface ExportButtonProps<Row> {
  /** Of the file, without `.csv`. */
  readonly name: string;
  readonly columns: readonly Column<Row>[];
  /** Those that are shown, in their order. */
  readonly rows: readonly Row[];
}

export function ExportButton<Row>({ name, columns, rows }: ExportButtonProps<Row>) {
  const save = (): void => {
    const text = csvOf(
      columns.map((column) => column.name),
      rows.map((row) => columns.map(({ value }) => value(row))),
    );
    const url = URL.createObjectURL(new Blob([text], { type: 'text/csv' }));
    const link = document.createElement('a');
    link.href = url;
    link.download = `${name}.csv`;
    link.click();
    // Once the browser has read it.
    setTimeout(() => URL.revokeObjectURL(url), 10_000);
  };
  return (
    <Button onClick={save} disabled={rows.length === 0} title="Save the rows that are shown as CSV">
      CSV
    </Button>
  );
}
