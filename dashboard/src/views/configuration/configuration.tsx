import { useQuery } from '@tanstack/react-query';
import { configuration } from '../../api/config.ts';
import { errorText } from '../../api/api-error.ts';
import { ErrorNote, Panel, ViewHead } from '../../components/panel.tsx';
import { Facts } from '../../components/figure.tsx';
import { formatDateTime } from '../../format.ts';
import { useLive } from '../../live/use-live.ts';
import { useSession } from '../../session/session.tsx';
import { NewConfiguration } from './new-configuration.tsx';
import { PluginList } from './plugin-list.tsx';
import { SettingsTree } from './settings-tree.tsx';
import { VersionList } from './version-list.tsx';
import { WatchPanel } from './watch-panel.tsx';

export default function Configuration() {
  const { canAdminister } = useSession();
  const snapshot = useLive((state) => state.frame?.snapshot ?? 0);
  const { data, error } = useQuery({ queryKey: ['config', snapshot], queryFn: configuration, refetchInterval: 10_000 });
  return (
    <>
      <ViewHead title="Configuration" />
      {error && <ErrorNote>{errorText(error)}</ErrorNote>}
      {data && (
        <div className="grid items-start gap-4 xl:grid-cols-[3fr_2fr]">
          <div className="min-w-0 space-y-4">
            <WatchPanel canEnd={canAdminister} />
            <Panel title="Current">
              <Facts
                items={[
                  ['File', data.file ?? 'none: flags only'],
                  ['Since', formatDateTime(data.applied_at)],
                  // Counted from 1 at each start: no number of the versions below.
                  ['Snapshots since the start', String(data.version)],
                  ['Waits for a restart', data.restart_required.join(', ') || 'nothing'],
                ]}
              />
              {data.last_error !== null && (
                <div className="mt-3">
                  <ErrorNote>{`The last reload was refused:\n${data.last_error}`}</ErrorNote>
                </div>
              )}
            </Panel>
            {canAdminister && (
              <NewConfiguration
                file={data.file}
                readOnly={data.read_only}
                isCode={data.yaml !== null}
                snapshot={data.version}
              />
            )}
            <VersionList snapshot={data.version} canRollBack={canAdminister && data.read_only === null} />
            {data.yaml !== null && (
              <Panel title="As YAML">
                <p className="mb-2 text-sm text-muted">
                  What {data.file} evaluated to, with flags, without defaults and secrets.
                </p>
                <pre className="max-h-96 overflow-auto font-mono text-xs leading-5">{data.yaml}</pre>
              </Panel>
            )}
          </div>
          <div className="min-w-0 space-y-4">
            <PluginList version={data.version} />
            <Panel title="Settings, including defaults">
              <SettingsTree settings={data.settings} />
            </Panel>
          </div>
        </div>
      )}
    </>
  );
}
