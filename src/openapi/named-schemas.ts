/** The schemas that routes refer to by name: each becomes one component of the OpenAPI document. */
import { ExplainTokenView, ExplanationView } from '../explain/api/explain-view.ts';
import type { TSchema } from '@sinclair/typebox';
import { AuditEntryView } from '../audit/api/audit-view.ts';
import { BackendView } from '../backends/api/backend-view.ts';
import { CertificateView } from '../certificates/api/certificate-view.ts';
import { CircuitView } from '../breaker/api/circuit-view.ts';
import { ClientAnswer } from '../limits/api/client.ts';
import { VersionItem } from '../reload/api/version-view.ts';
import { ComparisonView, WatchView } from '../reload/api/watch-view.ts';
import { ConfigChangeView } from '../reload/api/config-view.ts';
import { DiscoveryPoolView, DiscoveryView } from '../discovery/api/discovery-view.ts';
import { PushedMembersView } from '../discovery/api/pushed-members.ts';
import { ErrorAnswer } from '../api/error-schema.ts';
import { ChangeView, EventView } from '../events/api/event-view.ts';
import { FleetDriftView, FleetGatewayView, FleetView } from '../fleet/api/fleet-view.ts';
import { GatewayScaleView, PoolScaleView, ScaleSignalView, ScaleView } from '../scaling/api/scale-view.ts';
import { CacheView } from '../telemetry/api/cache-view.ts';
import { FrameView } from '../telemetry/api/frame-view.ts';
import {
  ConfigurationStateView,
  ExporterView,
  DatabaseView,
  RouteShareView,
  RouteView,
  StatusesView,
  ThreadView,
} from '../telemetry/api/gateway-view.ts';
import { GatewayStatusView } from '../health/api/gateway-status-view.ts';
import { GatewayHistoryView, HistoryView } from '../telemetry/api/history-view.ts';
import { LimiterView, LimitView, RateLimitView } from '../limits/api/limiter-view.ts';
import { LimitsView, SharingView, TopTalkersView, UsageView } from '../limits/api/limits-view.ts';
import { WHAT_IF_SCHEMAS } from '../limits/api/what-if-view.ts';
import { MetricsView } from '../telemetry/api/metrics-view.ts';
import { PluginsView } from '../plugin-kit/api/plugin-view.ts';
import { RecordingView } from '../recording/api/recording-view.ts';
import { SessionView } from '../admin-access/api/session-view.ts';

export const NAMED_SCHEMAS: readonly TSchema[] = [
  ErrorAnswer,
  ClientAnswer,
  BackendView,
  PluginsView,
  CircuitView,
  LimitView,
  LimiterView,
  RateLimitView,
  LimitsView,
  SharingView,
  UsageView,
  ExplanationView,
  ExplainTokenView,
  TopTalkersView,
  ...WHAT_IF_SCHEMAS,
  StatusesView,
  RouteShareView,
  RouteView,
  ThreadView,
  DatabaseView,
  ConfigurationStateView,
  ExporterView,
  GatewayStatusView,
  CacheView,
  MetricsView,
  FrameView,
  HistoryView,
  GatewayHistoryView,
  ConfigChangeView,
  ComparisonView,
  WatchView,
  VersionItem,
  ChangeView,
  EventView,
  CertificateView,
  DiscoveryPoolView,
  DiscoveryView,
  PushedMembersView,
  FleetGatewayView,
  FleetDriftView,
  FleetView,
  ScaleSignalView,
  GatewayScaleView,
  PoolScaleView,
  ScaleView,
  RecordingView,
  SessionView,
  AuditEntryView,
];
