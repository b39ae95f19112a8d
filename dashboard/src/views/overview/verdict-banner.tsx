import type { Frame } from '../../api/types.ts';
import { Icon, type IconName } from '../../components/icon.tsx';
import { formatExactTime, formatTime } from '../../format.ts';
import { reconnectNow } from '../../live/use-stream.ts';
import { useLostSince } from '../../shell/use-lost-since.ts';
import { verdictOf, type Level } from '../../live/verdict.ts';

const LOOKS: Readonly<Record<Level, readonly [string, IconName]>> = {
  ok: ['border-ok/40 bg-ok-soft text-ok', 'check'],
  degraded: ['border-warn/40 bg-warn-soft text-warn', 'warning'],
  down: ['border-bad/40 bg-bad-soft text-bad', 'cross'],
};
/** The rest is in the list below. */
const SHOWN = 4;

export function VerdictBanner({ frame }: { readonly frame: Frame }) {
  const lostSince = useLostSince();
  if (lostSince !== null) return <LostBanner since={lostSince} />;
  return <Verdict frame={frame} />;
}

/** What was last known is no verdict: the gateway may be down. */
function LostBanner({ since }: { readonly since: number }) {
  return (
    <section
      aria-label="State of the gateway"
      role="status"
      data-level="unknown"
      className="rounded-lg border border-bad/40 bg-bad-soft px-4 py-3 text-bad"
    >
      <p className="flex items-center gap-2.5">
        <Icon name="warning" className="size-5" />
        <strong className="text-lg font-semibold">No connection since {formatExactTime(since)}</strong>
      </p>
      <p className="mt-1 pl-7.5 text-sm">
        Everything below is from then. The page connects again by itself; whether the gateway runs is not known.{' '}
        <button type="button" className="font-medium underline" onClick={reconnectNow}>
          Try now
        </button>
      </p>
    </section>
  );
}

function Verdict({ frame }: { readonly frame: Frame }) {
  const { level, title, problems } = verdictOf(frame, formatTime);
  const [look, icon] = LOOKS[level];
  const available = frame.backends.filter((backend) => backend.available).length;
  const more = problems.length - SHOWN;
  return (
    <section
      aria-label="State of the gateway"
      role="status"
      data-level={level}
      className={`live rounded-lg border px-4 py-3 ${look}`}
    >
      <p className="flex items-center gap-2.5">
        <Icon name={icon} className="size-5" />
        <strong className="text-lg font-semibold">{title}</strong>
        {problems.length === 0 && (
          <span className="text-sm">
            {available} of {frame.backends.length} backends available
          </span>
        )}
      </p>
      {problems.length > 0 && (
        <ul className="mt-1 space-y-0.5 pl-7.5 text-sm">
          {problems.slice(0, SHOWN).map((problem) => (
            <li key={problem}>{problem}</li>
          ))}
          {more > 0 && <li>and {more} more</li>}
        </ul>
      )}
    </section>
  );
}
