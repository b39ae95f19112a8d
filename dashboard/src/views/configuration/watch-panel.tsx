/** The watch of the last change, live: every route before and after it. */
import { useQuery, useQueryClient } from '@tanstack/react-query';
import type { WatchState } from '../../../../src/reload/core/reload-vocabulary.ts';
import { endWatch, lastWatch } from '../../api/config.ts';
import type { ConfigWatch, WatchComparison } from '../../api/types.ts';
import { Button } from '../../components/button.tsx';
import type { IconName } from '../../components/icon.tsx';
import { Panel } from '../../components/panel.tsx';
import { Badge, type Tone } from '../../components/state-badge.tsx';
import { useToasts } from '../../components/toasts.tsx';
import { formatCount, formatMs, formatShare } from '../../format.ts';

const STATES: Readonly<Record<WatchState, readonly [Tone, IconName, string]>> = {
  watching: ['accent', 'more', 'watching'],
  kept: ['ok', 'check', 'kept'],
  reverted: ['bad', 'warning', 'reverted'],
  ended: ['plain', 'off', 'no longer watched'],
  revert_failed: ['bad', 'cross', 'could not be reverted'],
};

export function WatchPanel({ canEnd }: { readonly canEnd: boolean }) {
  const queries = useQueryClient();
  const toast = useToasts();
  const { data: watch } = useQuery({
    queryKey: ['config', 'watch'],
    queryFn: lastWatch,
    refetchInterval: ({ state }) => (state.data?.state === 'watching' ? 1000 : 5000),
  });
  if (watch === null || watch === undefined) return null;
  const keep = (): void => {
    endWatch()
      .then(({ version }) => toast.done(`Version ${version} is kept`))
      .catch((error: unknown) => toast.failed(error))
      .finally(() => void queries.invalidateQueries({ queryKey: ['config', 'watch'] }));
  };
  const isRunning = watch.state === 'watching';
  const [tone, icon, word] = STATES[watch.state];
  return (
    <Panel
      title={`Watch of version ${watch.version}`}
      actions={isRunning && canEnd ? <Button onClick={keep}>Keep it now</Button> : undefined}
    >
      <div className="space-y-3 text-sm" data-watch={watch.state}>
        <p className="flex flex-wrap items-baseline gap-2">
          <Badge tone={tone} icon={icon}>
            {word}
          </Badge>
          <span>{watch.reason ?? progressText(watch)}</span>
        </p>
        {isRunning && (
          <div
            role="progressbar"
            aria-label="Looks"
            aria-valuenow={watch.look}
            aria-valuemin={0}
            aria-valuemax={watch.looks}
            className="h-1.5 overflow-hidden rounded-full bg-line"
          >
            <div className="h-full rounded-full bg-accent" style={{ width: `${(100 * watch.look) / watch.looks}%` }} />
          </div>
        )}
        {watch.comparisons.length > 0 && <ComparisonTable comparisons={watch.comparisons} />}
      </div>
    </Panel>
  );
}

function progressText({ look, looks, seconds, previous }: ConfigWatch): string {
  return `Look ${look} of ${looks} in ${seconds} s. If it becomes worse, version ${previous} returns.`;
}

const VERDICTS: Readonly<Record<WatchComparison['verdict'], readonly [Tone, string]>> = {
  same: ['ok', 'not worse'],
  worse: ['bad', 'worse'],
  unknown: ['plain', 'too few'],
};

function ComparisonTable({ comparisons }: { readonly comparisons: readonly WatchComparison[] }) {
  return (
    <div className="overflow-x-auto">
      <table className="table live">
        <thead>
          <tr>
            <th>Route</th>
            <th>Measure</th>
            <th className="number">Before</th>
            <th className="number">After</th>
            <th>Verdict</th>
          </tr>
        </thead>
        <tbody>
          {comparisons.map((each) => {
            const [tone, word] = VERDICTS[each.verdict];
            return (
              <tr key={`${each.route ?? ''} ${each.measure}`}>
                <td className={each.route === null ? 'whitespace-nowrap' : 'min-w-24 wrap-anywhere'}>
                  {each.route ?? (each.measure === 'unrouted' ? 'gateway' : 'others')}
                </td>
                <td className="whitespace-nowrap">{each.measure}</td>
                <Measured comparison={each} side="before" />
                <Measured comparison={each} side="after" />
                <td>
                  <Badge tone={tone}>{word}</Badge>
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

interface MeasuredProps {
  readonly comparison: WatchComparison;
  readonly side: 'before' | 'after';
}

function Measured({ comparison, side }: MeasuredProps) {
  const { requests, share, p95_ms: p95 } = comparison[side];
  return (
    <td className="number whitespace-nowrap">
      {comparison.measure === 'p95' ? formatMs(p95) : formatShare(share)}
      <span className="block text-xs text-muted">of {formatCount(requests)}</span>
    </td>
  );
}
