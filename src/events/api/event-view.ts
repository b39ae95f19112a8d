/** Schemas of the routes of events and of a backend's history. */
import { Type, type Static } from '@sinclair/typebox';
import type { BackendChange } from '../../backends/backend-history.ts';
import { BACKEND_CHANGES } from '../../backends/core/backends-vocabulary.ts';
import { EVENT_KINDS, SEVERITIES } from '../core/events-vocabulary.ts';
import type { EventPage } from '../event-log.ts';
import { isoTime, nullable, refTo, timestamp } from '../../api/json-types.ts';
import { stringEnum } from '../../api/string-enum.ts';

export const ChangeView = Type.Object(
  {
    at: timestamp(),
    kind: stringEnum(BACKEND_CHANGES, {
      description:
        'state: healthy, degraded, down; health: the result of the health checks; circuit; availability: `available`, or the ' +
        'reason why not; weight: configured, slow start, or adapted',
    }),
    from: Type.String(),
    to: Type.String(),
    reason: nullable(Type.String()),
  },
  { $id: 'BackendChange', title: 'Change of a backend' },
);

export const HistoryView = Type.Object(
  { items: Type.Array(refTo(ChangeView)) },
  { description: 'The last hundred, newest first' },
);

export const EventView = Type.Object(
  {
    id: Type.Integer({ description: 'Incremented with every event since the process started' }),
    at: timestamp(),
    kind: stringEnum(EVENT_KINDS),
    severity: stringEnum(SEVERITIES),
    subject: nullable(
      Type.String({
        description: 'Id of the backend, key of the client, number of the thread, or first host of the certificate',
      }),
    ),
    message: Type.String(),
    gateway: Type.String({ description: 'Name of the gateway that this happened on' }),
  },
  { $id: 'Event', title: 'Event' },
);

export const EventsView = Type.Object(
  {
    items: Type.Array(refTo(EventView)),
    next: nullable(Type.Integer({ description: '`before` of the next page; null: this is the last page' })),
  },
  { description: 'Newest first; the last thousand are kept in memory' },
);

export const EventsQuery = Type.Object(
  {
    limit: Type.Integer({ minimum: 1, maximum: 1000, default: 100, description: 'Most events of the answer' }),
    before: Type.Optional(Type.Integer({ minimum: 1, description: 'Only events with a lower id' })),
    kind: Type.Optional(stringEnum(EVENT_KINDS, { description: 'Only events of this kind' })),
  },
  { additionalProperties: false },
);

export function historyView(changes: readonly BackendChange[]): Static<typeof HistoryView> {
  return { items: changes.map((change) => ({ ...change, at: isoTime(change.at) })) };
}

export function eventsView({ items, next }: EventPage, gateway: string): Static<typeof EventsView> {
  return { items: items.map((event) => ({ ...event, at: isoTime(event.at), gateway })), next };
}
