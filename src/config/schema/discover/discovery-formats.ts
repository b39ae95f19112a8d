/** Where discovery looks, as settings write it. */
import { parseAddress } from '../../../net/ip-address.ts';
import { isHost } from '../address-formats.ts';
import { type TextFormat, unless } from '../text-format.ts';

const LABEL = /^(?=.{1,253}\.?$)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*\.?$/i;

export const DISCOVERY_FORMATS = {
  'dns-name': {
    allowed: 'a host name without port, such as web.shop.internal, or a service such as _http._tcp.shop.internal',
    reject: (text) => unless(LABEL.test(text) && parseAddress(text) === undefined && !/^[\d.]+$/.test(text)),
  },
  'list-url': {
    allowed: 'an http:// or https:// URL without user, password and #; credentials belong into headers',
    pattern: '^(https?://|.*\\$\\{)',
    reject: (text) => unless(isListUrl(text)),
  },
  'docker-endpoint': {
    allowed: 'unix:// and the absolute path of a socket, or http:// and a host, perhaps with a port',
    pattern: '^(unix:///|http://|.*\\$\\{)',
    reject: (text) =>
      text.startsWith('unix://') ? unless(/^unix:\/\/\/[^\0]{1,100}$/.test(text)) : rejectEndpoint(text),
  },
  'docker-name': {
    allowed: '1 to 200 letters, digits, dots, dashes and underscores, the first a letter or digit',
    reject: (text) => unless(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,199}$/.test(text)),
  },
} as const satisfies Record<string, TextFormat>;

function isListUrl(text: string): boolean {
  const url = URL.parse(text);
  if (url === null || !['http:', 'https:'].includes(url.protocol)) return false;
  return url.username === '' && url.password === '' && url.hash === '' && url.port !== '0';
}

function rejectEndpoint(text: string): string | undefined {
  if (text.startsWith('tcp://')) return 'write http:// instead of tcp://';
  const url = URL.parse(text);
  if (url?.protocol === 'https:') return 'TLS is not supported here; put a proxy beside the gateway';
  const isOrigin = url?.protocol === 'http:' && /^http:\/\/[^/?#@]+\/?$/.test(text) && url.port !== '0';
  return unless(isOrigin && isHost(url.hostname.replace(/^\[(.*)\]$/, '$1')));
}
