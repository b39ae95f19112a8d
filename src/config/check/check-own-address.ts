import type { Draft } from './draft.ts';
import { explainOwn, type Machine, ownListener, type OwnListener, thisMachine } from './own-address.ts';
import { finding, type Finding } from '../file/problem.ts';
import type { Show } from '../file/references.ts';
import type { ConfigFile } from '../schema/schema.ts';

/** No backend is the gateway itself. */
export function checkOwnAddress(
  { server, tls, admin, pools }: Draft<ConfigFile>,
  show: Show,
  machine: Machine = thisMachine(),
): readonly Finding[] {
  const listeners: OwnListener[] = [];
  if (server?.host !== undefined && server.port !== undefined)
    listeners.push({ name: 'public', host: server.host, port: server.port });
  if (server?.host !== undefined && tls?.port !== undefined)
    listeners.push({ name: 'TLS', host: server.host, port: tls.port });
  if (admin?.host !== undefined && admin.port !== undefined)
    listeners.push({ name: 'admin', host: admin.host, port: admin.port });
  const findings: Finding[] = [];
  for (const [pool, settings] of Object.entries(pools ?? {})) {
    for (const [at, backend] of (settings?.backends ?? []).entries()) {
      const own = backend?.url === undefined ? undefined : ownListener(backend.url, listeners, machine);
      if (own === undefined) continue;
      const [hostAt, portAt] = SECTIONS[own.name];
      const others = [[portAt, 'port']];
      const [host, port] = [show([hostAt, 'host'], own.host), show([portAt, 'port'], own.port)];
      const message = explainOwn({ ...own, host, port });
      findings.push(finding(['pools', pool, 'backends', String(at), 'url'], message, { others }));
    }
  }
  return findings;
}

/** The sections that have its host and its port. */
const SECTIONS = { public: ['server', 'server'], TLS: ['server', 'tls'], admin: ['admin', 'admin'] } as const;
