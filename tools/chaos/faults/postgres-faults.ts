/** PostgreSQL goes away and comes back, under a gateway of its own. */
import { type Fault, NOTHING_FAILS } from '../fault.ts';
import type { PostgresServer } from '../postgres-server.ts';
import { writeDuring } from './storage-faults.ts';

export function postgresStops(server: PostgresServer): Fault {
  return {
    name: 'PostgreSQL away',
    expects:
      'traffic continues with the last known limits, writes are kept or answered 503, and everything works afterwards',
    isShort: false,
    judge: NOTHING_FAILS,
    run: (lab, holdMs) =>
      writeDuring(lab, 'postgres', holdMs, {
        begin: () => server.stop(),
        end: () => server.start(),
      }),
  };
}
