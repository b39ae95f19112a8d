/** Settings of automatic certificates. */
import { type TextFormat, unless } from './text-format.ts';

export const ACME_FORMATS = {
  'acme-directory': {
    allowed: 'an https:// URL',
    reject: (text) => {
      const url = URL.parse(text);
      return unless(url?.protocol === 'https:' && url.username === '' && url.hash === '');
    },
  },
  'ask-url': {
    allowed: 'the http:// or https:// URL of a service that says which names may have a certificate',
    reject: (text) => {
      const url = URL.parse(text);
      const isHttp = url?.protocol === 'https:' || url?.protocol === 'http:';
      return unless(isHttp && url.username === '' && url.password === '' && url.hash === '');
    },
  },
  email: {
    allowed: 'an e-mail address such as ops@example.com',
    reject: (text) => unless(/^[^\s@,:<>"]{1,64}@[^\s@,:<>"]{1,255}$/.test(text)),
  },
  'issuer-name': {
    allowed: '1 to 32 lower-case letters, digits and dashes',
    reject: (text) => unless(isIssuerName(text)),
  },
  'acme-profile': {
    allowed: '1 to 64 letters, digits, dots, dashes and underscores',
    reject: (text) => unless(/^[\w.-]{1,64}$/.test(text)),
  },
  'common-name': {
    allowed: '1 to 64 printable characters',
    reject: (text) => unless(/^[^\p{C}]{1,64}$/u.test(text)),
  },
  'eab-kid': {
    allowed: '1 to 256 printable ASCII characters',
    reject: (text) => unless(/^[\x20-\x7e]{1,256}$/.test(text)),
  },
  'eab-hmac': {
    allowed: 'at least 16 bytes in base64url, as the authority shows it',
    reject: (text) => unless(/^[A-Za-z0-9_-]{22,1024}={0,2}$/.test(text)),
  },
  'storage-key': {
    allowed: '64 hex digits, as openssl rand -hex 32 prints them',
    reject: (text) => unless(/^([0-9a-f]{64})?$/i.test(text)),
  },
} as const satisfies Record<string, TextFormat>;

export function isIssuerName(text: string): boolean {
  return /^[a-z0-9-]{1,32}$/.test(text);
}
