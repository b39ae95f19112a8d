/** The status of a gateway in words. */
import type { GatewayStatusAnswer } from '../../health/api/gateway-status-view.ts';
import { harmless, painted, type Style, table } from '../top/text.ts';
import { span } from './span.ts';

const STYLES: Readonly<Record<GatewayStatusAnswer['status'], Style>> = {
  healthy: 'good',
  degraded: 'warn',
  unavailable: 'bad',
};

export function statusText(answer: GatewayStatusAnswer, isColoured: boolean): string {
  const { threads, limits, configuration, database } = answer;
  const running = threads.filter(({ state }) => state === 'running').length;
  const rows = [
    ['version', `${answer.version} (${answer.build}), up ${span(answer.uptime_seconds)}`],
    ['threads', `${running} of ${threads.length} running${restartsText(threads)}`],
    ['traffic', trafficText(answer)],
    ['limits', limits.enabled ? `${limits.mode}${limits.dry_run ? ', dry run' : ''}` : 'off'],
    ['configuration', configurationText(configuration)],
    ['database', `${database.mode}, ${database.available ? 'available' : 'away'}`],
    ...(answer.gateways > 1 ? [['fleet', `${answer.gateways} gateways`]] : []),
  ];
  const pools = answer.pools.map(({ name, backends, available, healthy }) => [
    name,
    `${available} of ${backends} available`,
    healthy === backends ? '' : `${healthy} healthy`,
  ]);
  return [
    `${harmless(answer.gateway)} is ${painted(harmless(answer.status), STYLES[answer.status], isColoured)}`,
    ...table(rows.map(([name = '', value = '']) => [`  ${name}`, value])),
    ...(pools.length === 0 ? [] : ['pools', ...table(pools.map(([name = '', ...more]) => [`  ${name}`, ...more]))]),
    ...listed('reasons', answer.reasons),
    ...listed(
      'warnings',
      answer.warnings.map(({ message }) => message),
    ),
    '',
  ].join('\n');
}

function listed(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : [title, ...table(lines.map((line) => [`  ${line}`]))];
}

function restartsText(threads: GatewayStatusAnswer['threads']): string {
  const restarts = threads.reduce((sum, thread) => sum + thread.restarts, 0);
  return restarts === 0 ? '' : `, ${restarts} restarted`;
}

function trafficText(answer: GatewayStatusAnswer): string {
  const shares = [
    [answer.error_share, 'errors'],
    [answer.refused_share, 'refused'],
  ] as const;
  const known = shares.flatMap(([value, name]) => (value === null ? [] : [`, ${(value * 100).toFixed(1)} % ${name}`]));
  return `${answer.requests_per_second.toFixed(1)} requests/s, ${answer.in_flight} in flight${known.join('')}`;
}

function configurationText({ version, revision, file, applied_at: at }: GatewayStatusAnswer['configuration']): string {
  const name = revision === null ? `snapshot ${version}` : `version ${revision}`;
  return `${file ?? 'flags'}, ${name}, applied ${at.replace(/\.\d+Z$/, 'Z')}`;
}
