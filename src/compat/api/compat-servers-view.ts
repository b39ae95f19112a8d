/** The old balancer with /list, /addServer and /removeServer: servers, with their URL as Go's net/url writes it. */
import { Type, type Static } from '@sinclair/typebox';
import type { BackendReport } from '../../telemetry/control/reports.ts';

const GoUrl = Type.Object({
  Scheme: Type.String(),
  Opaque: Type.String(),
  User: Type.Null(),
  Host: Type.String(),
  Path: Type.String(),
  RawPath: Type.String(),
  OmitHost: Type.Boolean(),
  ForceQuery: Type.Boolean(),
  RawQuery: Type.String(),
  Fragment: Type.String(),
  RawFragment: Type.String(),
});

export const CompatServer = Type.Object({
  URL: GoUrl,
  ActiveConns: Type.Integer(),
  Healthy: Type.Boolean(),
  url: Type.String({ description: 'The same as URL, as a string' }),
});

export const CompatServerBody = Type.Object(
  {
    URL: Type.Unsafe<unknown>({
      description: 'A string, or an object with Scheme, Host and Path',
      examples: ['http://10.0.0.1:8081'],
    }),
    ActiveConns: Type.Optional(Type.Number({ description: 'Ignored' })),
    Healthy: Type.Optional(Type.Boolean({ description: 'Ignored: health checks decide' })),
  },
  {
    additionalProperties: false,
    'x-examples': {
      text: { summary: 'The URL as text', value: { URL: 'http://127.0.0.1:8086' } },
      object: {
        summary: 'The URL as Go writes it',
        value: { URL: { Scheme: 'http', Host: '127.0.0.1:8087', Path: '' }, ActiveConns: 0, Healthy: true },
      },
    },
  },
);

export const CompatDone = Type.Object({ status: Type.String() }, { description: 'Done' });

export function compatServer({ url, inFlight, available }: BackendReport): Static<typeof CompatServer> {
  const { protocol, host, pathname } = new URL(url);
  const plain = {
    Opaque: '',
    User: null,
    RawPath: '',
    OmitHost: false,
    ForceQuery: false,
    RawQuery: '',
    Fragment: '',
    RawFragment: '',
  };
  const Path = pathname === '/' ? '' : pathname;
  return {
    URL: { ...plain, Scheme: protocol.slice(0, -1), Host: host, Path },
    ActiveConns: inFlight,
    Healthy: available,
    url,
  };
}

/** The URL in the request, as text; empty if it is not a string. */
export function urlText(value: unknown): string {
  if (typeof value === 'string') return value.trim();
  if (typeof value !== 'object' || value === null) return '';
  const { Scheme, Host, Path } = value as Record<string, unknown>;
  const text = (part: unknown): string => (typeof part === 'string' ? part : '');
  return `${text(Scheme)}://${text(Host)}${text(Path)}`;
}
