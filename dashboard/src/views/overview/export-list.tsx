/** The export of telemetry to a collector: whether it works, and what it has dropped. */
import type { Frame } from '../../api/types.ts';
import { Badge } from '../../components/state-badge.tsx';
import { formatCompact, formatTime } from '../../format.ts';

type Exporter = Frame['exporters'][number];

export function ExportList({ exporters }: { readonly exporters: readonly Exporter[] }) {
  return (
    <table className="table live">
      <thead>
        <tr>
          <th>Signal</th>
          <th>State</th>
          <th className="max-sm:hidden">Collector</th>
          <th className="number">Exported</th>
          <th className="number">Dropped</th>
          <th className="number max-sm:hidden">Waiting</th>
        </tr>
      </thead>
      <tbody>
        {exporters.map((exporter) => (
          <tr key={exporter.signal}>
            <td>{exporter.signal}</td>
            <td>
              <ExportState exporter={exporter} />
            </td>
            <td className="max-sm:hidden">{exporter.endpoint}</td>
            <td className="number">{formatCompact(exporter.exported_total)}</td>
            <td className="number">{formatCompact(droppedOf(exporter))}</td>
            <td className="number max-sm:hidden">{formatCompact(exporter.queued)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function ExportState({
  exporter: { state, failing_since: since, last_error: error },
}: {
  readonly exporter: Exporter;
}) {
  if (state === 'ok') {
    return (
      <Badge tone="ok" icon="check">
        ok
      </Badge>
    );
  }
  return (
    <>
      <Badge tone="warn" icon="warning">
        failing{since === null ? '' : ` since ${formatTime(since)}`}
      </Badge>{' '}
      <span className="text-sm text-muted">{error}</span>
    </>
  );
}

function droppedOf({ dropped_total: dropped }: Exporter): number {
  return Object.values(dropped).reduce((sum, count) => sum + count, 0);
}
