/** X-Origin-Host, the backend's own host and port, which some older balancers sent in addition to the client's Host. */
const NAME = 'x-origin-host';

/** @param head name and value alternating; left unchanged, because a retry may go to another backend. */
export function withOriginHost(head: readonly string[], host: string): string[] {
  const fields: string[] = [];
  for (let at = 0; at < head.length; at += 2) {
    if (head[at]!.toLowerCase() !== NAME) fields.push(head[at]!, head[at + 1]!);
  }
  fields.push(NAME, host);
  return fields;
}
