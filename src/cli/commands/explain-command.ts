/** `sluice explain`: which route a request takes and why, its client, limits and backends, by the admin API. */
import { METHODS, request as send } from 'node:http';
import { request as sendSecurely } from 'node:https';
import type { ExplanationAnswer } from '../../explain/api/explain-view.ts';
import { ADMIN_OPTIONS, adminAddress, callAdmin, httpUrl } from '../admin-api.ts';
import type { Context, ExitCode } from '../context.ts';
import { HELP_OPTION, JSON_OPTION, type CommandLine, type OptionTable } from '../option-table.ts';
import { CommandFailure, runSubcommand, UsageError } from '../read-words.ts';
import { table } from '../top/text.ts';

const OPTIONS = {
  method: { type: 'string', value: 'METHOD', default: 'GET', help: 'of the request' },
  header: { type: 'string', multiple: true, value: 'NAME:VALUE', help: 'a header field; may be repeated' },
  client: { type: 'string', value: 'ADDRESS|ID', help: 'who sends it (default 127.0.0.1)' },
  send: { type: 'boolean', help: 'also send it, without a body, and say how it was handled' },
  ...ADMIN_OPTIONS,
  ...JSON_OPTION,
  ...HELP_OPTION,
} as const satisfies OptionTable;

export const commandLine = {
  about: 'says which route a request takes and why not the others, and shows its client, limits and backends.',
  usage: 'URL [flags]',
  options: OPTIONS,
  notes: `URL: with host, such as http://shop.example/api/x?y=1, or a path. No token is taken from a limit, but by --send.
It ends with 1 if the request has no route or would be refused.`,
} as const satisfies CommandLine;

export function run(args: readonly string[], context: Context): Promise<ExitCode> {
  return runSubcommand('explain', commandLine, args, context, async ({ values, words: [given, ...more] }) => {
    if (given === undefined) throw new UsageError('the URL is missing');
    if (more.length > 0) throw new UsageError(`one URL at a time, not also '${more[0]}'`);
    const isPath = given.startsWith('/');
    if (values.send && isPath) throw new UsageError('--send needs a URL with a host');
    const url = isPath ? new URL(given, 'http://gateway') : httpUrl('URL', given);
    const admin = adminAddress(values, context);
    const query = new URLSearchParams({ method: values.method, path: url.pathname + url.search });
    if (!isPath) query.set('host', url.host);
    if (values.client !== undefined) query.set('client', values.client);
    for (const field of values.header) query.append('header', field);
    const { body } = await callAdmin<ExplanationAnswer>(admin, 'GET', `/v1/api/explain?${query.toString()}`);
    context.out(values.json ? `${JSON.stringify(body)}\n` : explanationText(body));
    if (values.send) {
      const token = await callAdmin<{ readonly header: string; readonly token: string }>(
        admin,
        'POST',
        '/v1/api/explain/token',
      );
      const handled = await follow(url, values.method, values.header, token.body);
      context.out(values.json ? `${JSON.stringify(handled)}\n` : `\nSent: ${JSON.stringify(handled, null, 2)}\n`);
    }
    const isRefused = body.admission === 'denied' || body.limits.some(({ would_refuse: refused }) => refused);
    return body.route === null || isRefused ? 1 : 0;
  });
}

function explanationText(explained: ExplanationAnswer): string {
  const { route, error, verdicts, routes_total: total, client, admission, cost, limits, pools } = explained;
  const lines = [
    route === null ? `No route: ${error ?? 'none matches'}` : `Route ${route}`,
    '',
    ...table(verdicts.map(({ taken, route: name, reason }) => [taken ? '*' : ' ', name, reason])),
    ...(total > verdicts.length ? [`and ${total - verdicts.length} more routes`] : []),
    '',
    `Client ${client.key}${client.registered ? ', registered' : ''}, counted as ${client.counted_as ?? 'nobody'}`,
  ];
  if (admission === 'denied') lines.push('Refused: its address is on rate_limit.denylist');
  else if (admission === 'allowed') lines.push('Not limited: its address is on rate_limit.allowlist');
  for (const { limit, policy, tokens, would_refuse: isRefused } of limits) {
    const left = `${Math.floor(tokens * 100) / 100} of ${policy.capacity} left`;
    lines.push(`Limit ${limit}: ${left}, costs ${cost}${isRefused ? ': would be refused' : ''}`);
  }
  for (const { name, algorithm, backends } of pools) {
    lines.push('', `Pool ${name}, ${algorithm}`);
    const rows = backends.map((backend) => [
      backend.id,
      backend.available ? 'available' : `unavailable: ${backend.reason}`,
      `weight ${backend.effective_weight}`,
      `${backend.in_flight} in flight`,
      backend.ema_ms === null ? 'latency unknown' : `${backend.ema_ms} ms`,
    ]);
    lines.push(...table(rows));
  }
  return `${lines.join('\n')}\n`;
}

/** Rejects with a CommandFailure. */
function follow(
  url: URL,
  method: string,
  fields: readonly string[],
  { header, token }: { readonly header: string; readonly token: string },
): Promise<unknown> {
  if (!METHODS.includes(method)) throw new UsageError(`--method: found '${method}'; allowed: ${METHODS.join(', ')}`);
  const headers = fields.flatMap((field) => {
    const colon = field.indexOf(':');
    return [[field.slice(0, colon).trim(), field.slice(colon + 1).trim()] as const];
  });
  return new Promise((resolve, reject) => {
    const outgoing = (url.protocol === 'https:' ? sendSecurely : send)(
      url,
      { method, headers: { ...Object.fromEntries(headers), [header]: token }, timeout: 15_000 },
      (response) => {
        const value = response.headers[header];
        response.destroy();
        if (typeof value === 'string') resolve(JSON.parse(value));
        else
          reject(
            new CommandFailure(`the answer (${response.statusCode}) explains nothing: is ${url.host} this gateway?`),
          );
      },
    );
    outgoing.on('timeout', () => outgoing.destroy(new Error('no answer within 15 s')));
    outgoing.on('error', (error) => reject(new CommandFailure(`${url.origin}: ${error.message}`)));
    outgoing.end();
  });
}
