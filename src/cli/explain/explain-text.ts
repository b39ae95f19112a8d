/** Explanations in words, for terminals. */
import type { ExplanationAnswer } from '../../explain/api/explain-view.ts';
import { table } from '../top/text.ts';
import type { HandledRequest } from './send-explained.ts';

/** Routes that are shown; the nearest come first. */
const SHOWN_ROUTES = 5;

export function explanationText(explained: ExplanationAnswer): string {
  const { route, error, steps, client, pools } = explained;
  const lines = [
    route === null ? `No route: ${error ?? 'none matches'}` : `Route ${route}`,
    ...routeRows(explained),
    '',
    'In this order:',
    ...table(steps.map((step) => [markOf(step), step.step, step.text + answerOf(step)])),
    '',
    `Client ${client.key}${client.registered ? ', registered' : ''}, counted as ${client.counted_as ?? 'nobody'}`,
    ...table(levelRows(explained)),
  ];
  for (const { name, algorithm, locality, discovery, backends } of pools) {
    lines.push('', `Pool ${name}, ${algorithm}`, ...sourceRows(discovery));
    for (const { locality: level, share, backends: ids } of locality ?? []) {
      lines.push(`  ${LEVEL_TEXTS[level]}: ${Math.round(share * 100)} % of the requests, ${ids.join(', ')}`);
    }
    const rows = backends.map((backend) => [
      '  ',
      backend.id,
      backend.available ? 'available' : `unavailable: ${backend.reason}`,
      `from ${backend.source}`,
      `weight ${backend.effective_weight}`,
      `${backend.in_flight} in flight`,
      backend.ema_ms === null ? 'latency unknown' : `${backend.ema_ms} ms`,
    ]);
    lines.push(...table(rows));
  }
  return `${lines.join('\n')}\n`;
}

/** Where the members of a pool come from, and which of them its source does not list. */
function sourceRows(found: ExplanationAnswer['pools'][number]['discovery']): string[] {
  if (found === null) return [];
  const { source, state, age_seconds: age, last_error: error, members } = found;
  const listed = age === null ? 'no list yet' : `last list ${Math.round(age)} s ago`;
  return [
    `  Members by ${source}: ${state}, ${listed}${error === null ? '' : `; ${error}`}`,
    ...members.flatMap(({ id, held, proven }) => [
      ...(held === null ? [] : [`  ${id} is held: ${held.reason}`]),
      ...(proven ? [] : [`  ${id} is unproven: only the list of the last run has it`]),
    ]),
  ];
}

const LEVEL_TEXTS = { zone: 'Same zone', region: 'Same region', other: 'Elsewhere' } as const;

function routeRows({ verdicts, routes_total: total }: ExplanationAnswer): string[] {
  const shown = verdicts.slice(0, SHOWN_ROUTES);
  const others = total - shown.length;
  return [
    ...table(shown.map(({ taken, route, reason }) => [taken ? ' *' : '  ', route, reason])),
    ...(others > 0 ? [`    and ${others} ${others === 1 ? 'other' : 'others'}`] : []),
  ];
}

type Step = ExplanationAnswer['steps'][number];

/** `>`: it decides; `?`: only a real request finds out; `!`: it would refuse, too, if nothing before it did. */
function markOf({ outcome, decides }: Step): string {
  if (decides) return ' >';
  if (outcome === 'unknown') return ' ?';
  return outcome === 'answers' ? ' !' : '  ';
}

function answerOf({ status, error }: Step): string {
  if (status === null) return '';
  return error === null ? `: ${status}` : `: ${status} ${error}`;
}

function levelRows({ limits, quotas, in_flight: inFlight, cost }: ExplanationAnswer): string[][] {
  const over = (isOver: boolean, isDry = false): string =>
    isOver ? (isDry ? 'would be refused outside of a dry run' : 'would be refused') : '';
  return [
    ...limits.map(({ limit, policy, tokens, key, would_refuse: isOver, dry_run: isDry }) => [
      '  ',
      `limit ${limit}`,
      `${Math.floor(tokens * 100) / 100} of ${policy.capacity} left, costs ${cost}`,
      key === null ? over(isOver, isDry) : `for ${key}${isOver ? `, ${over(isOver, isDry)}` : ''}`,
    ]),
    ...quotas.map(({ quota, requests, used, per, resets_at: end, would_refuse: isOver }) => [
      '  ',
      quota,
      `${used} of ${requests} per ${per} used, resets ${end.replace(/\.\d+Z$/, 'Z')}`,
      over(isOver),
    ]),
    ...inFlight.map(({ limit, running, most, would_refuse: isOver }) => [
      '  ',
      limit,
      `${running} of ${most} running`,
      over(isOver),
    ]),
  ];
}

export function handledText(request: string, handled: HandledRequest): string {
  const { status, route, client, pool, target, tries, cache, error, would_refuse: wouldRefuse } = handled;
  const facts = [
    ['  ', 'route', route ?? 'none'],
    ['  ', 'client', client],
    ...(pool === null ? [] : [['  ', 'pool', pool]]),
    ['  ', 'target', target],
    ...(cache === null ? [] : [['  ', 'cache', cache]]),
    ...(wouldRefuse === null ? [] : [['  ', 'dry run', `the limit ${wouldRefuse} would have refused it`]]),
    ['  ', 'request id', handled.request_id],
  ];
  const rows = tries.map((each, at) => [
    '  ',
    `try ${at + 1}`,
    each.backend,
    each.error ?? (each.status === null ? 'no answer' : String(each.status)),
    each.took_ms === null ? 'not ended' : `${each.took_ms} ms`,
    `after ${each.after_ms} ms`,
  ]);
  const answered = error === null ? `${status}` : `${status} ${error}`;
  const lines = [
    `Sent ${request}: ${answered} after ${handled.head_ms} ms`,
    ...table(facts),
    ...(rows.length === 0 ? ['  no backend was tried'] : table(rows)),
  ];
  return `\n${lines.join('\n')}\n`;
}
