/** Times, sizes and variables of nginx. */
import { type ImportFindings } from '../outline/findings.ts';
import { timeText } from '../outline/times.ts';
import type { NginxDirective } from './nginx-syntax.ts';

const TIME_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
  M: 2_592_000_000,
  y: 31_536_000_000,
  '': 1000,
};

/** `1h 30m`, `90`; undefined: not a time. */
export function nginxMs(text: string): number | undefined {
  // Part by part: one expression for all of them takes exponential time for digits without units.
  const part = /(\d{1,12})(?!\d)(ms|[smhdwMy]?)\s*/y;
  let sum = 0;
  do {
    const found = part.exec(text);
    if (found === null) return undefined;
    sum += Number(found[1]) * TIME_MS[found[2]!]!;
  } while (part.lastIndex < text.length);
  return sum;
}

/** Of the first argument; undefined, with a finding: not a time above zero. */
export function timeOf(each: NginxDirective, findings: ImportFindings): string | undefined {
  const ms = nginxMs(each.args[0] ?? '');
  if (ms !== undefined && ms > 0) return timeText(ms, each, findings);
  findings.lose(each, `found "${each.args[0] ?? ''}", which is not a time above zero`);
  return undefined;
}

/** `10m`: bytes. */
export function nginxBytes(text: string): number | undefined {
  const [, count, unit] = /^(\d{1,12})([kKmMgG]?)$/.exec(text) ?? [];
  if (count === undefined) return undefined;
  return Number(count) * { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 }[unit!.toLowerCase() as '' | 'k' | 'm' | 'g'];
}

const PLACEHOLDERS: Readonly<Record<string, string>> = {
  remote_addr: '{client_address}',
  realip_remote_addr: '{client_address}',
  host: '{host}',
  http_host: '{host}',
  scheme: '{scheme}',
  request_uri: '{path}{query}',
  uri: '{path}',
  document_uri: '{path}',
  request_id: '{request_id}',
  request_method: '{method}',
  remote_user: '{auth_user}',
};

export type Variables = ReadonlyMap<string, string>;

/** A text with variables as ours has it: placeholders. Undefined: one of them has no counterpart; `unknown` names it. */
export function template(text: string, constants: Variables): { readonly text?: string; readonly unknown?: string } {
  let unknown: string | undefined;
  const made = resolved(text, constants)
    .replaceAll(/[{}]/g, '$&$&')
    .replaceAll('$is_args$args', '{query}')
    .replaceAll('$is_args$query_string', '{query}')
    .replaceAll(/\$(?:\{\{(\w+)\}\}|(\w+))/g, (whole, braced: string | undefined, bare: string | undefined) => {
      const name = braced ?? bare!;
      const placeholder =
        PLACEHOLDERS[name] ??
        (/^\d+$/.test(name)
          ? `{group.${name}}`
          : name.startsWith('http_')
            ? `{header.${headerName(name)}}`
            : undefined);
      if (placeholder === undefined) unknown ??= `$${name}`;
      return placeholder ?? whole;
    });
  return unknown === undefined ? { text: made } : { unknown };
}

/** `http_x_tenant`: x-tenant. */
export function headerName(variable: string): string {
  return variable.slice('http_'.length).replaceAll('_', '-');
}

/** With the values of `set`, some levels deep. */
export function resolved(text: string, constants: Variables): string {
  let made = text;
  for (let depth = 0; depth < 5; depth += 1) {
    const next = made.replaceAll(/\$(?:\{(\w+)\}|(\w+))/g, (whole, braced?: string, bare?: string) => {
      return constants.get(braced ?? bare!) ?? whole;
    });
    if (next === made || next.length > 4000) break;
    made = next;
  }
  return made;
}
