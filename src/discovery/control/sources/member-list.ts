/**
 * A list of members as a service answers it, in JSON: `{"members": [...]}` or the list alone. Entries are those of
 * ../../read-entry.ts, or a text `HOST:PORT`, or a group of such texts, `{"targets": [...]}`, as in the HTTP service
 * discovery of Prometheus.
 */
import { readEntries, type MemberScheme, type ReadEntries } from '../../read-entry.ts';

/** Throws with a reason if it is no such list, or if all of its entries are wrong. */
export function readMemberList(text: string, scheme: MemberScheme): ReadEntries {
  const value = parse(text);
  const entries = Array.isArray(value) ? value : isMapping(value) ? value['members'] : undefined;
  if (!Array.isArray(entries)) throw new Error('its answer is neither a list nor a mapping with the list members');
  const read = readEntries(entries.flatMap(unpack), scheme);
  // Another format, rather than that many mistakes.
  if (read.members.length === 0 && read.refused.length > 0) {
    throw new Error(`no member of its list is valid: ${read.refused[0]!}`);
  }
  return read;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error('its answer is not JSON');
  }
}

function unpack(entry: unknown): readonly unknown[] {
  const targets = isMapping(entry) ? entry['targets'] : undefined;
  return (Array.isArray(targets) ? (targets as readonly unknown[]) : [entry]).map(fromText);
}

function fromText(entry: unknown): unknown {
  if (typeof entry !== 'string') return entry;
  const { address = entry, port } = /^(?<address>\[[^\]]+\]|[^:]+):(?<port>\d{1,5})$/.exec(entry)?.groups ?? {};
  return port === undefined ? { address } : { address, port: Number(port) };
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
