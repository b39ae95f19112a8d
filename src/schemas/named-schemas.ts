/** The schemas that routes refer to by name: each becomes one component of the OpenAPI document. */
import type { TSchema } from '@sinclair/typebox';
import { AuditEntryView } from './audit-view.ts';
import { BackendView } from './backend-view.ts';
import { CircuitView } from './circuit-view.ts';
import { ClientAnswer } from './client.ts';
import { ConfigChangeView } from './config-view.ts';
import { ErrorAnswer } from './error.ts';
import { ChangeView, EventView } from './event-view.ts';
import { FrameView } from './frame-view.ts';
import { ConfigurationStateView, DatabaseView, RouteView, StatusesView, ThreadView } from './gateway-view.ts';
import { HistoryView } from './history-view.ts';
import { LimiterView, LimitView, RateLimitView } from './limiter-view.ts';
import { LimitsView, TopTalkersView, UsageView } from './limits-view.ts';
import { MetricsView } from './metrics-view.ts';
import { SessionView } from './session-view.ts';

export const NAMED_SCHEMAS: readonly TSchema[] = [
  ErrorAnswer,
  ClientAnswer,
  BackendView,
  CircuitView,
  LimitView,
  LimiterView,
  RateLimitView,
  LimitsView,
  UsageView,
  TopTalkersView,
  StatusesView,
  RouteView,
  ThreadView,
  DatabaseView,
  ConfigurationStateView,
  MetricsView,
  FrameView,
  HistoryView,
  ConfigChangeView,
  ChangeView,
  EventView,
  SessionView,
  AuditEntryView,
];
