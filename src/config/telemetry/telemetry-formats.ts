/** Settings of the export of telemetry. */
import { isHost } from '../schema/address-formats.ts';
import { type TextFormat, unless } from '../schema/text-format.ts';

export const TELEMETRY_FORMATS = {
  'collector-url': {
    allowed: 'http:// or https://, a host, optionally a port and a path, such as http://collector:4318; empty: off',
    pattern: '^(https?://|$|.*\\$\\{)',
    reject: rejectCollectorUrl,
  },
  'attribute-value': {
    allowed: '1 to 256 characters, no control characters',
    reject: (text) => unless(/^[^\p{Cc}\p{Cs}]{1,256}$/u.test(text)),
  },
} as const satisfies Record<string, TextFormat>;

function rejectCollectorUrl(text: string): string | undefined {
  if (text === '') return undefined;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) return '';
  if (url.username !== '' || url.password !== '') return 'credentials belong into headers';
  if (url.search !== '' || url.hash !== '' || /[?#]$/.test(text)) return 'it has a query or a fragment';
  return unless(isHost(url.hostname.replace(/^\[(.*)\]$/, '$1')) && text === text.trim());
}
