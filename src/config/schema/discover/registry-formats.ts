/** Names and URLs of registries: Kubernetes, etcd and Consul. */
import { rejectBackendUrl } from '../../../net/backend-url.ts';
import { type TextFormat, unless } from '../text-format.ts';

/** A label of DNS, RFC 1123. */
const LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

export const REGISTRY_FORMATS = {
  'registry-url': {
    allowed: 'http:// or https://, a host, and optionally a port and a base path',
    pattern: '^(https?://|.*\\$\\{)',
    reject: (text) => (/^h2c:/i.test(text) ? 'it is not http or https' : rejectBackendUrl(text)),
  },
  'kubernetes-name': {
    allowed: 'at most 63 lower-case letters, digits and dashes, such as web',
    reject: (text) => unless(LABEL.test(text)),
  },
  'kubernetes-object': {
    allowed: 'at most 253 lower-case letters, digits, dashes and dots, such as sluice or example.com',
    reject: (text) => unless(text.length <= 253 && text.split('.').every((label) => LABEL.test(label))),
  },
  'kubernetes-port': {
    allowed: 'the name of a port, such as http, or its number',
    reject: (text) => unless(/^[a-z0-9-]{1,63}$/.test(text) && /[a-z]/.test(text)),
  },
  'kubernetes-context': {
    allowed: '1 to 253 printable ASCII characters without spaces',
    reject: (text) => unless(/^[\x21-\x7e]{1,253}$/.test(text)),
  },
  'etcd-prefix': {
    allowed: '1 to 1000 printable ASCII characters without spaces, such as /sluice/backends/web/',
    reject: (text) => unless(/^[\x21-\x7e]{1,1000}$/.test(text)),
  },
  'consul-name': {
    allowed: '1 to 128 printable ASCII characters without spaces and slashes',
    reject: (text) => unless(/^[\x21-\x2e\x30-\x7e]{1,128}$/.test(text)),
  },
  'registry-user': {
    allowed: '1 to 256 printable ASCII characters without spaces',
    reject: (text) => unless(/^[\x21-\x7e]{1,256}$/.test(text)),
  },
  'registry-password': {
    allowed: 'at most 512 characters',
    reject: (text) => unless(text.length <= 512),
  },
} as const satisfies Record<string, TextFormat>;
