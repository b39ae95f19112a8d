/** `sluice top`, as lines: pure, from frames of /ws/metrics. */
import type { BackendView } from '../../backends/api/backend-view.ts';
import type { FrameView } from '../../telemetry/api/frame-view.ts';
import { span } from '../operate/span.ts';
import { type Cell, fitted, harmless, painted, type Style, table } from './text.ts';

/** An item of GET /v1/api/limits/top. */
export interface Talker {
  readonly key: string;
  readonly kind: string;
  readonly registered: boolean;
  readonly requests: number;
  readonly refused: number;
}

export interface TopState {
  readonly url: string;
  /** Null: none yet. */
  readonly frame: FrameView | null;
  /** The previous one: rates are computed from the two. */
  readonly previous: FrameView | null;
  /** Of the last minute, the busiest first; null: this gateway does not provide them. */
  readonly talkers: readonly Talker[] | null;
  /** Why there are no frames now: `connection refused; again in 2 s`. Null: connected. */
  readonly trouble: string | null;
}

export interface Screen {
  readonly columns: number;
  readonly rows: number;
  readonly colour: boolean;
}

const MAX_TALKERS = 10;

/** At most `rows` lines of at most `columns` characters, colours not counted. */
export function topLines(state: TopState, screen: Screen): string[] {
  const paint = (text: string, style: Style): string => painted(text, style, screen.colour);
  const { frame, trouble } = state;
  const status = trouble === null ? '' : paint(`disconnected: ${trouble}`, 'bad');
  if (frame === null)
    return [status || 'waiting for the first metrics …', '', 'q quits'].map((line) => fitted(line, screen.columns));
  const head = [...headLines(frame, state, paint), ...(status === '' ? [] : [status]), ''];
  const talkers = talkerRows(state.talkers, paint, screen.colour);
  const left = Math.max(2, screen.rows - head.length - (talkers.length === 0 ? 0 : talkers.length + 1));
  const backends = cut(backendRows(frame, state.previous, paint, screen.colour), left);
  const below = talkers.length === 0 ? [] : ['', ...talkers];
  return [...head, ...backends, ...below].slice(0, screen.rows).map((line) => fitted(line, screen.columns));
}

type Paint = (text: string, style: Style) => string;

function headLines(frame: FrameView, { url, previous }: TopState, paint: Paint): string[] {
  const { total, limiter, threads, database } = frame;
  const s = total.statuses;
  const refused = refusedOf(frame);
  const refusedBefore = previous === null ? null : refusedOf(previous);
  const rate = refusedBefore === null ? '' : ` (${perSecond(refused - refusedBefore, frame, previous)}/s)`;
  const running = threads.filter(({ state }) => state === 'running').length;
  const sum = (of: (thread: FrameView['threads'][number]) => number): number =>
    threads.reduce((all, each) => all + of(each), 0);
  return [
    `${paint('Sluice', 'strong')} ${harmless(frame.version)}  ${url}  up ${span(frame.uptime_seconds)}  snapshot ${frame.snapshot}  ${frame.at.slice(11, 19)} UTC`,
    `requests  ${paint(number(total.requests_per_second), 'strong')}/s  in flight ${total.in_flight}  p50 ${ms(total.p50)}  p95 ${ms(total.p95)}  p99 ${ms(total.p99)} ms`,
    `answers   2xx ${s['2xx']}  3xx ${s['3xx']}  4xx ${s['4xx']}  ${paint(`5xx ${s['5xx']}`, s['5xx'] > 0 ? 'warn' : 'plain')}  aborted ${s.aborted}  own ${total.own_answers_total}  retries ${total.retries_total}`,
    `limiter   ${limiter.enabled ? 'on' : 'off'}  let through ${limiter.allowed_total}  refused ${refused}${rate}  active clients ${limiter.active_clients}`,
    `threads   ${running} of ${threads.length} running  restarts ${sum((each) => each.restarts)}  connections ${sum((each) => each.connections)}  database ${harmless(database.mode)}${database.available ? '' : paint(' away', 'bad')}`,
  ];
}

function refusedOf({ limiter }: FrameView): number {
  return limiter.refused_total + limiter.refused_global_total + limiter.refused_route_total;
}

function backendRows(frame: FrameView, previous: FrameView | null, paint: Paint, isColoured: boolean): string[] {
  const before = new Map(previous?.backends.map((backend) => [backend.id, backend.requests_total]));
  const sorted = frame.backends.toSorted((one, other) => compare(one.pool, other.pool) || compare(one.id, other.id));
  const rows = sorted.map((backend): readonly Cell[] => {
    const count = before.get(backend.id);
    return [
      backend.pool,
      backend.id,
      condition(backend),
      count === undefined ? '-' : perSecond(backend.requests_total - count, frame, previous),
      String(backend.in_flight),
      ms(backend.p50),
      ms(backend.p95),
      `${number(backend.error_rate * 100)} %`,
      backend.circuit === 'closed' ? 'closed' : styled(backend.circuit, 'warn'),
      number(backend.effective_weight),
    ];
  });
  const titles = ['POOL', 'BACKEND', 'STATE', 'REQ/S', 'RUNNING', 'P50', 'P95', 'ERRORS', 'CIRCUIT', 'WEIGHT'];
  return titled(table([titles, ...rows], [3, 4, 5, 6, 7, 9], isColoured), paint);
}

function talkerRows(talkers: readonly Talker[] | null, paint: Paint, isColoured: boolean): string[] {
  if (talkers === null || talkers.length === 0) return [];
  const rows = talkers
    .slice(0, MAX_TALKERS)
    .map(({ key, kind, registered, requests, refused }): readonly Cell[] => [
      key,
      registered ? kind : `${kind}, default limit`,
      String(requests),
      refused > 0 ? styled(String(refused), 'warn') : '0',
    ]);
  return titled(table([['CLIENT', 'KIND', 'REQUESTS', 'REFUSED'], ...rows], [2, 3], isColoured), paint);
}

function condition(backend: BackendView): Cell {
  if (!backend.available)
    return styled(backend.reason?.replace('_', ' ') ?? 'not available', backend.reason === 'draining' ? 'warn' : 'bad');
  if (backend.state === 'degraded') return styled('degraded', 'warn');
  return backend.probes === 'unchecked' ? 'unchecked' : styled('healthy', 'good');
}

const styled = (text: string, style: Style): Cell => ({ text, style });

function cut(lines: readonly string[], max: number): string[] {
  return lines.length <= max ? [...lines] : [...lines.slice(0, max - 1), `… and ${lines.length - max + 1} more`];
}

function titled([title = '', ...rows]: readonly string[], paint: Paint): string[] {
  return [paint(title, 'faint'), ...rows];
}

/** Between the two frames; a counter that went back was reset. */
function perSecond(difference: number, frame: FrameView, previous: FrameView | null): string {
  const seconds = previous === null ? 0 : (Date.parse(frame.at) - Date.parse(previous.at)) / 1000;
  return seconds <= 0 || difference < 0 ? '-' : number(difference / seconds);
}

const compare = (one: string, other: string): number => one.localeCompare(other, 'en', { numeric: true });
const ms = (value: number | null): string => (value === null ? '-' : number(value));

function number(value: number): string {
  return value >= 100 || Number.isInteger(value) ? String(Math.round(value)) : value.toFixed(1);
}
