/** Times, addresses and formats of HAProxy. */
const TIME_MS: Readonly<Record<string, number>> = {
  us: 0.001,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  '': 1,
};

/** Bare numbers are milliseconds. Undefined: not a time. */
export function haproxyMs(text: string): number | undefined {
  const [, count, unit] = /^(\d{1,12})(us|ms|[smhd]?)$/.exec(text) ?? [];
  return count === undefined ? undefined : Number(count) * TIME_MS[unit!]!;
}

export interface BoundAddress {
  readonly host: string;
  readonly port: number;
}

/** `*:80`, `:80`, `[::]:443`, `10.0.0.1:80`; undefined: a socket, or a range of ports. */
export function boundAddress(text: string): BoundAddress | undefined {
  const [, host = '', port = ''] = /^(?:ipv[46]@)?(\*|\[?[\da-fA-F:]*\]?|[\d.]+|[\w.-]+)?:(\d+)$/.exec(text) ?? [];
  if (port === '') return undefined;
  const bare = host.replaceAll(/[[\]]/g, '');
  return { host: bare === '' || bare === '*' ? '0.0.0.0' : bare, port: Number(port) };
}

/** Log formats of `set-header` and the like, as ours has them. Undefined: no placeholder. */
export function haproxyTemplate(text: string): { readonly text?: string; readonly unknown?: string } {
  let unknown: string | undefined;
  const made = text
    .replaceAll(/[{}]/g, '$&$&')
    .replaceAll(
      /%\[([^\]]*)\]|%%|%([a-zA-Z]+)/g,
      (whole, expression: string | undefined, alias: string | undefined) => {
        if (whole === '%%') return '%';
        const placeholder = expression === undefined ? ALIASES[alias ?? ''] : placeholderOf(expression);
        if (placeholder === undefined) unknown ??= whole;
        return placeholder ?? whole;
      },
    );
  return unknown === undefined ? { text: made } : { unknown };
}

const ALIASES: Readonly<Record<string, string>> = {
  ci: '{client_address}',
  ID: '{request_id}',
  HM: '{method}',
  HP: '{path}',
};

function placeholderOf(expression: string): string | undefined {
  const text = expression.trim().replace(/^(?:req|capture\.req)\./, '');
  const [, field] = /^(?:f?hdr|req\.hdr)\(([\w-]+)\)$/i.exec(text) ?? [];
  if (field !== undefined) return field.toLowerCase() === 'host' ? '{host}' : `{header.${field.toLowerCase()}}`;
  return {
    src: '{client_address}',
    path: '{path}',
    method: '{method}',
    uuid: '{request_id}',
    'uuid()': '{request_id}',
    unique_id: '{request_id}',
    'unique-id': '{request_id}',
    http_auth_user: '{auth_user}',
    capture_req_uri: '{path}{query}',
    url: '{path}{query}',
    pathq: '{path}{query}',
  }[text];
}
