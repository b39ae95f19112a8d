/** What GET /v1/api/audit takes and answers. */
import { Type, type Static } from '@sinclair/typebox';
import { ROLES } from '../../admin-access/core/admin-access-vocabulary.ts';
import type { AuditFilter, StoredAuditEntry } from '../audit-store.ts';
import { isoTime, nullable, refTo, timestamp } from '../../api/json-types.ts';
import { stringEnum } from '../../api/string-enum.ts';

const name = (description: string) => Type.String({ format: 'printable', minLength: 1, maxLength: 256, description });

export const AuditQuery = Type.Object(
  {
    limit: Type.Integer({ minimum: 1, maximum: 1000, default: 100, description: 'Most entries of a page' }),
    before: Type.Optional(
      Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER, description: '`next` of the page before' }),
    ),
    actor: Type.Optional(name('Name of a token')),
    action: Type.Optional(name('`operationId` of a call in this document')),
    target: Type.Optional(name('Key of a client, id of a backend')),
    gateway: Type.Optional(name('Name of a gateway: `fleet.name`')),
    since: Type.Optional(Type.String({ format: 'instant', description: 'Only entries since this time' })),
  },
  { additionalProperties: false },
);

/** As stored: as the API showed it. */
const Shown = (description: string) => Type.Unsafe<unknown>({ description });

export const AuditEntryView = Type.Object(
  {
    id: Type.Integer(),
    at: timestamp(),
    actor: Type.String({
      description: 'Name of the token; anonymous: without one; cli: the command line; sluice: the gateway itself',
    }),
    role: nullable(stringEnum(ROLES, { description: 'Null: refused because no valid token was sent' })),
    address: Type.String({ description: 'Address of the caller; internal: the gateway itself' }),
    action: Type.String({ description: '`operationId` of the call' }),
    target: nullable(Type.String({ description: 'The target of the call; null: the gateway' })),
    status: Type.Integer({ description: 'Of the answer' }),
    before: Shown('State before the call, without secrets; null: it did not exist, or nothing changed'),
    after: Shown('State after the call; null: it no longer exists, or nothing changed'),
    request_id: Type.String(),
    gateway: nullable(
      Type.String({ description: 'Name of the gateway that was called; null: the command line, or an older version' }),
    ),
  },
  { $id: 'AuditEntry', title: 'Entry of the audit log' },
);

export const AuditPage = Type.Object(
  {
    items: Type.Array(refTo(AuditEntryView), { description: 'The newest first' }),
    next: nullable(Type.Integer({ description: '`before` of the next page; null: this is the last page' })),
  },
  { description: 'A page of the audit log' },
);

/** One more than the page holds, to know whether there is another page. */
export function auditFilter({ limit, since, ...rest }: Static<typeof AuditQuery>): AuditFilter {
  return { ...rest, ...(since === undefined ? {} : { since: new Date(since) }), limit: limit + 1 };
}

export function auditPage(found: readonly StoredAuditEntry[], limit: number): Static<typeof AuditPage> {
  const items = found.slice(0, limit);
  return { items: items.map(auditEntryView), next: found.length > limit ? items.at(-1)!.id : null };
}

function auditEntryView({ at, requestId, ...rest }: StoredAuditEntry): Static<typeof AuditEntryView> {
  return { ...rest, at: isoTime(at.getTime()), request_id: requestId };
}
