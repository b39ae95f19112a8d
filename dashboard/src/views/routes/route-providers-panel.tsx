import { useQuery } from '@tanstack/react-query';
import { errorText } from '../../api/api-error.ts';
import { discovery } from '../../api/discovery.ts';
import type { RouteProvider } from '../../api/types.ts';
import { ErrorNote, Panel } from '../../components/panel.tsx';
import { SourceState } from '../../components/source-state.tsx';
import { formatSeconds, NONE } from '../../format.ts';
import { Cells } from '../../lists/cells.tsx';
import { shownColumns, type Column } from '../../lists/column.ts';
import { ExportButton } from '../../lists/export-button.tsx';

const COLUMNS: readonly Column<RouteProvider>[] = [
  { name: 'Provider', value: ({ provider }) => provider, className: 'font-medium' },
  {
    name: 'State',
    value: ({ state }) => state,
    cell: (provider) => <SourceState source={provider} notes={problemsOf(provider)} />,
  },
  { name: 'Error', value: ({ last_error: reason }) => reason, isExportOnly: true },
  { name: 'Failing since', value: ({ failing_since: since }) => since, isExportOnly: true },
  { name: 'Problems', value: (provider) => problemsOf(provider).join('; ') || null, isExportOnly: true },
  { name: 'Routes', value: ({ routes }) => routes.length, isNumber: true },
  {
    name: 'Last list',
    value: ({ age_seconds: age }) => age,
    cell: ({ age_seconds: age }) => (age === null ? NONE : `${formatSeconds(age)} ago`),
    isNumber: true,
    className: 'max-sm:hidden',
  },
  { name: 'Changes', value: ({ changes }) => changes, isNumber: true, className: 'max-md:hidden' },
  { name: 'Failures', value: ({ failures }) => failures, isNumber: true, className: 'max-md:hidden' },
];
const SHOWN = shownColumns(COLUMNS);

/** A row for each provider of routes besides the file; nothing if there is none. */
export function RouteProvidersPanel() {
  const { data, error } = useQuery({ queryKey: ['discovery'], queryFn: discovery, refetchInterval: 2000 });
  if (error !== null) return <ErrorNote>{errorText(error)}</ErrorNote>;
  if (data === undefined || data.providers.length === 0) return null;
  const rows = data.providers;
  return (
    <Panel
      title="Providers of routes"
      actions={<ExportButton name="route-providers" columns={COLUMNS} rows={rows} />}
      isFlush
    >
      <table className="table live">
        <thead>
          <tr>
            {SHOWN.map(({ name, isNumber, className }) => (
              <th key={name} scope="col" className={`${isNumber === true ? 'number' : ''} ${className ?? ''}`}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((provider) => (
            <tr key={provider.provider} data-route-provider={provider.provider}>
              <Cells columns={SHOWN} row={provider} />
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );
}

function problemsOf({ problems }: RouteProvider): readonly string[] {
  return problems.map(({ subject, message }) => `${subject}: ${message}`);
}
