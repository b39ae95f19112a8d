import { Panel, ViewHead } from '../../components/panel.tsx';
import { useFrame } from '../../live/use-live.ts';
import { BackendList } from './backend-list.tsx';
import { ExportList } from './export-list.tsx';
import { Figures } from './figures.tsx';
import { FirstSteps } from './first-steps.tsx';
import { RecentEvents } from './recent-events.tsx';
import { TrafficCharts } from './traffic-charts.tsx';
import { VerdictBanner } from './verdict-banner.tsx';

export function Overview() {
  const frame = useFrame();
  return (
    <>
      <ViewHead title="Overview" />
      {frame === null ? (
        <p className="panel p-8 text-center text-muted">Waiting for the first data…</p>
      ) : (
        <>
          <VerdictBanner frame={frame} />
          <FirstSteps frame={frame} />
          <Figures frame={frame} />
          <TrafficCharts />
          <div className="grid items-start gap-4 xl:grid-cols-[3fr_2fr]">
            <Panel title="Backends" isFlush>
              <BackendList backends={frame.backends} />
            </Panel>
            <RecentEvents />
          </div>
          {frame.exporters.length > 0 && (
            <Panel title="Telemetry export" isFlush>
              <ExportList exporters={frame.exporters} />
            </Panel>
          )}
        </>
      )}
    </>
  );
}
