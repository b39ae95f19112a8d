/** Placeholders and sizes of a Caddyfile. */
const PLACEHOLDERS: Readonly<Record<string, string>> = {
  host: '{host}',
  hostport: '{host}',
  'http.request.host': '{host}',
  'http.request.hostport': '{host}',
  uri: '{path}{query}',
  'http.request.uri': '{path}{query}',
  path: '{path}',
  'http.request.uri.path': '{path}',
  scheme: '{scheme}',
  'http.request.scheme': '{scheme}',
  method: '{method}',
  'http.request.method': '{method}',
  remote_host: '{client_address}',
  'http.request.remote.host': '{client_address}',
  client_ip: '{client_address}',
  'http.request.uuid': '{request_id}',
  'http.auth.user.id': '{auth_user}',
};

/** A text with placeholders as ours has it. Undefined: one has no counterpart. */
export function caddyTemplate(source: string): { readonly text?: string; readonly unknown?: string } {
  let unknown: string | undefined;
  const text = source.replaceAll(/\{([^{}]*)\}|[{}]/g, (whole, name: string | undefined) => {
    if (name === undefined) return whole + whole;
    const [, field] = /^(?:header|http\.request\.header)\.([\w-]+)$/.exec(name) ?? [];
    const [, group] = /^(?:re|http\.regexp)\.(?:\w+\.)?(\d+)$/.exec(name) ?? [];
    const made =
      PLACEHOLDERS[name] ??
      (field !== undefined ? `{header.${field.toLowerCase()}}` : group !== undefined ? `{group.${group}}` : undefined);
    if (made === undefined) unknown ??= whole;
    return made ?? whole;
  });
  return unknown === undefined ? { text } : { unknown };
}

/** `10MB`, `1MiB`, `500`. */
export function caddyBytes(text: string): number | undefined {
  const [, count, unit = ''] = /^(\d{1,12})(|[kmg]i?b?)$/i.exec(text) ?? [];
  if (count === undefined) return undefined;
  const lower = unit.toLowerCase();
  const base = lower.includes('i') ? 1024 : 1000;
  return Number(count) * base ** ' kmg'.indexOf(lower.charAt(0) || ' ');
}
