/** The old lists of backends: URLs, or one section each. */
import { MAX_IN_FLIGHT } from '../../backends/core/backends-vocabulary.ts';
import { isRecord } from '../../config/file/path.ts';
import type { DraftFile } from './draft-file.ts';
import { plainKey, plainText } from './plain-key.ts';

const MEANINGLESS: ReadonlySet<string> = new Set(['active_conns', 'healthy', 'alive', 'connections', 'is_alive']);
const DESCRIBING: ReadonlySet<string> = new Set(['description', 'comment', 'note', 'title', 'label']);

export function readBackends(draft: DraftFile, key: string, value: unknown): void {
  // Points on a hash ring.
  if (typeof value === 'number' && /replicas$/i.test(key)) return draft.warn(key, 'omitted: unknown here');
  if (!Array.isArray(value)) return draft.drop(key, 'is not a list');
  const list = (draft.get('pools.default.backends') ?? []) as Record<string, unknown>[];
  // Together they would be one pool, and each would get the other's traffic.
  if (list.length > 0 && value.length > 0) return draft.drop(key, 'a second list of backends');
  for (const [at, item] of value.entries()) {
    const oldKey = `${key}.${at}`;
    const backend = readBackend(draft, oldKey, item);
    if (backend === undefined) continue;
    draft.setOrigin(`pools.default.backends.${list.length}`, oldKey);
    list.push(backend);
  }
  const weights = list.map(({ weight = 1 }) => Number(weight));
  if (weights.some((weight) => !Number.isInteger(weight))) {
    for (const [at, backend] of list.entries()) backend['weight'] = Math.max(1, Math.round(weights[at]! * 100));
    draft.warn(key, 'weights are whole numbers here: all of them times 100');
  }
  draft.set('pools.default.backends', list, key);
}

function readBackend(draft: DraftFile, key: string, item: unknown): Record<string, unknown> | undefined {
  const fields = isRecord(item) ? item : { url: item };
  const known = new Map(Object.entries(fields).map(([name, value]) => [plainKey(name), value]));
  const spelled = new Map(Object.keys(fields).map((name) => [plainKey(name), name]));
  const take = (...names: readonly string[]): unknown => {
    const name = names.find((each) => known.has(each));
    const value = name === undefined ? undefined : known.get(name);
    for (const each of names) known.delete(each);
    return value;
  };
  const url = urlOf(
    draft,
    key,
    take('url', 'address', 'addr', 'uri'),
    take('host'),
    take('port'),
    take('scheme', 'protocol'),
  );
  const weight = take('weight');
  const isOn = take('enabled', 'is_enabled', 'active');
  const id = take('id', 'name');
  const backup = take('backup', 'is_backup');
  const isBackup = backup === true;
  if (backup !== undefined && backup !== null && typeof backup !== 'boolean')
    draft.drop(`${key}.${spelled.get('backup') ?? spelled.get('is_backup')}`, 'is neither true nor false');
  const maxInFlight = inFlightOf(draft, `${key}.${spelled.get('max_in_flight')}`, take('max_in_flight'));
  for (const [name, value] of known) {
    const isSet = Array.isArray(value) ? value.length > 0 : value !== null && value !== '' && value !== false;
    if (MEANINGLESS.has(name)) draft.warn(`${key}.${name}`, 'omitted: it is detected, not configured');
    else if (isSet && !DESCRIBING.has(name)) draft.drop(`${key}.${name}`, 'unknown here for a backend');
    else draft.warn(`${key}.${name}`, 'omitted: unknown here for a backend');
  }
  if (url === undefined) return undefined;
  if (weight === 0) draft.warn(`${key}.weight`, 'weight 0 is not allowed here: the backend is disabled');
  return {
    url,
    ...(weight === undefined || weight === 0 ? {} : { weight }),
    ...(isOn === false || weight === 0 ? { enabled: false } : {}),
    ...(id === undefined ? {} : { id: plainText(id) }),
    ...(isBackup ? { backup: true } : {}),
    ...(maxInFlight === undefined ? {} : { max_in_flight: maxInFlight }),
  };
}

function inFlightOf(draft: DraftFile, key: string, value: unknown): number | undefined {
  if (value === undefined || value === null) return undefined;
  if (value === 0) draft.warn(key, 'omitted: 0 is no limit, as without the key');
  else if (Number.isInteger(value) && Number(value) >= 1 && Number(value) <= MAX_IN_FLIGHT.maximum)
    return Number(value);
  else draft.drop(key, `must be a whole number from 1 to ${MAX_IN_FLIGHT.maximum}`);
  return undefined;
}

function urlOf(
  draft: DraftFile,
  key: string,
  url: unknown,
  host: unknown,
  port: unknown,
  scheme: unknown,
): string | undefined {
  const given =
    url ??
    (host === undefined
      ? undefined
      : `${plainText(scheme ?? 'http')}://${plainText(host)}${port === undefined ? '' : `:${plainText(port)}`}`);
  // 4's nested form: Go's url.URL as JSON.
  const text = isRecord(given)
    ? `${plainText(given['Scheme']) || 'http'}://${plainText(given['Host'])}${plainText(given['Path'])}`
    : plainText(given);
  if (text === '' || text === 'http://') {
    draft.drop(key, 'it has no URL');
    return undefined;
  }
  if (/^(https?|h2c):\/\//.test(text)) return text;
  draft.warn(key, `${text} has no scheme: http assumed`);
  return `http://${text}`;
}
