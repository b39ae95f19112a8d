/** `sluice explain`: what would happen to a request and why, in the order in which it is decided, by the admin API. */
import type { ExplanationAnswer } from '../../explain/api/explain-view.ts';
import { ADMIN_OPTIONS, adminAddress, callAdmin, httpUrl } from '../admin-api.ts';
import type { Context, ExitCode } from '../context.ts';
import { explanationText, handledText } from '../explain/explain-text.ts';
import { sendExplained } from '../explain/send-explained.ts';
import { HELP_OPTION, JSON_OPTION, type CommandLine, type OptionTable } from '../option-table.ts';
import { runSubcommand, UsageError } from '../read-words.ts';

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
  about: 'says what would happen to a request and why: its route, what else decides, its limits and backends.',
  usage: 'URL [flags]',
  options: OPTIONS,
  notes: `URL: with host, such as http://shop.example/api/x?y=1, or a path. No token is taken from a limit, but by --send.
It ends with 1 if the request would be refused.`,
} as const satisfies CommandLine;

export function run(args: readonly string[], context: Context): Promise<ExitCode> {
  return runSubcommand('explain', commandLine, args, context, async ({ values, words: [given, ...more] }) => {
    if (given === undefined) throw new UsageError('the URL is missing');
    if (more.length > 0) throw new UsageError(`one URL at a time, not also '${more[0]}'`);
    const isPath = given.startsWith('/');
    if (values.send && isPath) throw new UsageError('--send needs a URL with a host');
    const url = isPath ? new URL(given, 'http://gateway') : httpUrl('URL', given);
    const { method, header: fields, client } = values;
    const admin = adminAddress(values, context);
    const question = {
      scheme: url.protocol.slice(0, -1),
      method,
      path: url.pathname + url.search,
      headers: fields,
      ...(isPath ? {} : { host: url.host }),
      ...(client === undefined ? {} : { client }),
    };
    const { body } = await callAdmin<ExplanationAnswer>(admin, 'POST', '/v1/api/explain', question);
    context.out(values.json ? `${JSON.stringify(body)}\n` : explanationText(body));
    if (values.send) {
      const token = await callAdmin<{ readonly header: string; readonly token: string }>(
        admin,
        'POST',
        '/v1/api/explain/token',
      );
      const handled = await sendExplained({ url, method, fields, ...token.body });
      context.out(values.json ? `${JSON.stringify(handled)}\n` : handledText(`${method} ${url.href}`, handled));
    }
    return body.steps.some(({ decides, error }) => decides && error !== null) ? 1 : 0;
  });
}
