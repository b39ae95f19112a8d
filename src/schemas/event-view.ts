/** What the routes of events and of a backend's history take and answer. */
import { Type, type Static } from '@sinclair/typebox';
import { CHANGE_KINDS, KEPT_CHANGES, type BackendChange } from '../state/backend-history.ts';
import { EVENT_KINDS, KEPT_EVENTS, SEVERITIES, type EventPage } from '../state/event-log.ts';
import { isoTime, nullable, refTo, timestamp } from './json-types.ts';
import { stringEnum } from './string-enum.ts';

export const ChangeView = Type.Object(
  {
    at: timestamp(),
    kind: stringEnum(CHANGE_KINDS, {
      description:
        'state: healthy, degraded, down; health: the verdict of the probes; circuit; availability: `available`, or the ' +
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
  { description: `Newest first, the last ${KEPT_CHANGES}` },
);

export const EventView = Type.Object(
  {
    id: Type.Integer({ description: 'Counts up since the start of the process' }),
    at: timestamp(),
    kind: stringEnum(EVENT_KINDS),
    severity: stringEnum(SEVERITIES),
    subject: nullable(Type.String({ description: 'Id of the backend, key of the client, number of the thread' })),
    message: Type.String(),
  },
  { $id: 'Event', title: 'Event' },
);

export const EventsView = Type.Object(
  {
    items: Type.Array(refTo(EventView)),
    next: nullable(Type.Integer({ description: '`before` of the next page; null: there is none' })),
  },
  { description: `Newest first; the last ${KEPT_EVENTS} are kept, in memory` },
);

export const EventsQuery = Type.Object(
  {
    limit: Type.Integer({ minimum: 1, maximum: KEPT_EVENTS, default: 100 }),
    before: Type.Optional(Type.Integer({ minimum: 1, description: 'Only events with a lower id' })),
    kind: Type.Optional(stringEnum(EVENT_KINDS)),
  },
  { additionalProperties: false },
);

export function historyView(changes: readonly BackendChange[]): Static<typeof HistoryView> {
  return { items: changes.map((change) => ({ ...change, at: isoTime(change.at) })) };
}

export function eventsView({ items, next }: EventPage): Static<typeof EventsView> {
  return { items: items.map((event) => ({ ...event, at: isoTime(event.at) })), next };
}
