/** What would happen to a request: in the order in which it is decided, with the levels of its limits. */
import type { Explanation } from '../../api/explain.ts';
import { Meter } from '../../components/meter.tsx';
import type { IconName } from '../../components/icon.tsx';
import { Badge, type Tone } from '../../components/state-badge.tsx';
import { formatCount, formatNumber, formatTime } from '../../format.ts';

/** Routes that are shown; the nearest come first. */
const SHOWN_ROUTES = 4;

export function ExplainAnswer({ explained }: { readonly explained: Explanation }) {
  const { route, error, client } = explained;
  return (
    <div role="status" data-explanation className="mt-4 space-y-4 text-sm">
      <div className="space-y-2">
        <p className="font-semibold">
          {route === null ? `No route: ${error ?? 'none matches'}` : `Takes the route ${route}`}
        </p>
        <Routes explained={explained} />
      </div>
      <Steps steps={explained.steps} />
      <div className="space-y-2">
        <p>
          Client {client.key}, counted as {client.counted_as ?? 'nobody'}
        </p>
        <Levels explained={explained} />
      </div>
      <Pools pools={explained.pools} />
    </div>
  );
}

function Routes({ explained: { verdicts, routes_total: total } }: { readonly explained: Explanation }) {
  const shown = verdicts.slice(0, SHOWN_ROUTES);
  const others = total - shown.length;
  return (
    <ul aria-label="Nearest routes" className="space-y-1 rounded-md bg-sunken px-3 py-2">
      {shown.map((verdict) => (
        <li key={verdict.route}>
          <span className={verdict.taken ? 'font-semibold' : ''}>{verdict.route}</span>
          <span className="text-muted"> {verdict.reason}</span>
        </li>
      ))}
      {others > 0 && (
        <li className="text-muted">
          and {formatCount(others)} {others === 1 ? 'other' : 'others'}
        </li>
      )}
    </ul>
  );
}

type Step = Explanation['steps'][number];

function Steps({ steps }: { readonly steps: readonly Step[] }) {
  return (
    <ol aria-label="In this order" className="divide-y divide-line rounded-md border border-line">
      {steps.map((step) => {
        const [tone, icon, word] = markOf(step);
        return (
          <li
            key={`${step.step} ${step.text}`}
            data-decides={step.decides}
            className={`grid grid-cols-[1fr_auto] gap-x-3 gap-y-0.5 px-3 py-2 sm:grid-cols-[7rem_1fr_auto] ${step.decides ? 'bg-sunken' : ''}`}
          >
            <span className={step.decides ? 'font-semibold' : 'text-muted'}>{step.step.replaceAll('_', ' ')}</span>
            <span className="min-w-0 max-sm:order-last max-sm:col-span-2">{step.text}</span>
            <span>
              <Badge tone={tone} icon={icon}>
                {word}
              </Badge>
            </span>
          </li>
        );
      })}
    </ol>
  );
}

function markOf({ outcome, decides, status, error }: Step): readonly [Tone, IconName, string] {
  if (outcome === 'passes') return ['plain', 'check', 'passes'];
  if (outcome === 'unknown') return ['warn', 'more', 'unknown'];
  const answer = [status, error].filter((part) => part !== null).join(' ');
  if (error !== null) return ['bad', 'cross', decides ? answer : `would be ${answer}`];
  return decides ? ['ok', 'check', answer === '' ? 'answers' : `answers ${answer}`] : ['plain', 'more', 'not reached'];
}

function Levels({ explained: { limits, quotas, in_flight: inFlight, cost } }: { readonly explained: Explanation }) {
  const rows = [
    ...limits.map(({ limit, tokens, policy, key, dry_run: isDry }) => ({
      name: `${limit}${key === null ? '' : ` for ${key}`}`,
      value: tokens,
      max: policy.capacity,
      text: `${formatNumber(tokens)} of ${formatNumber(policy.capacity)} left`,
      more: `costs ${cost}${isDry ? ', dry run' : ''}`,
    })),
    ...quotas.map(({ quota, used, requests, per, resets_at: end }) => ({
      name: quota,
      value: requests - used,
      max: requests,
      text: `${formatCount(used)} of ${formatCount(requests)} per ${per} used`,
      more: `resets ${formatTime(end)}`,
    })),
    ...inFlight.map(({ limit, running, most }) => ({
      name: limit,
      value: most - running,
      max: most,
      text: `${formatCount(running)} of ${formatCount(most)} running`,
      more: '',
    })),
  ];
  if (rows.length === 0) return <p className="text-muted">No limit applies.</p>;
  return (
    <dl className="grid items-center gap-x-4 gap-y-1 sm:grid-cols-[auto_1fr]">
      {rows.map(({ name, more, ...meter }) => (
        <div key={name} className="contents">
          <dt className="text-muted">{name}</dt>
          <dd className="flex flex-wrap items-center gap-x-3">
            <Meter label={name} {...meter} />
            <span className="text-xs text-muted">{more}</span>
          </dd>
        </div>
      ))}
    </dl>
  );
}

function Pools({ pools }: { readonly pools: Explanation['pools'] }) {
  return pools.map(({ name, algorithm, discovery, backends }) => (
    <p key={name}>
      Pool {name}, {algorithm}
      {discovery === null ? '' : `, members by ${discovery.source} (${discovery.state})`}:{' '}
      {backends.map(({ id, available, reason }) => (available ? id : `${id} (${reason ?? 'unavailable'})`)).join(', ')}
    </p>
  ));
}
