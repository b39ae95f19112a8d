/** The whole page: the session, the live connection, and the view in the URL. */
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { lazy, Suspense } from 'react';
import { Route, Switch } from 'wouter';
import { ApiError } from './api/api-error.ts';
import { Toasts } from './components/toasts.tsx';
import { useStream } from './live/use-stream.ts';
import { Login } from './session/login.tsx';
import { SessionGate, useSession } from './session/session.tsx';
import { NotFound } from './shell/not-found.tsx';
import { Shell } from './shell/shell.tsx';
import { ViewBoundary } from './shell/view-boundary.tsx';
import { Overview } from './views/overview/overview.tsx';

const Backends = lazy(() => import('./views/backends/backends.tsx'));
const BackendDetail = lazy(() => import('./views/backends/backend-detail.tsx'));
const Clients = lazy(() => import('./views/clients/clients.tsx'));
const Limits = lazy(() => import('./views/limits/limits.tsx'));
const Routes = lazy(() => import('./views/routes/routes.tsx'));
const Certificates = lazy(() => import('./views/certificates/certificates.tsx'));
const Fleet = lazy(() => import('./views/fleet/fleet.tsx'));
const Events = lazy(() => import('./views/events/events.tsx'));
const Configuration = lazy(() => import('./views/configuration/configuration.tsx'));

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      // A refusal would be repeated; a request without an answer may be retried.
      retry: (failures, error) => failures < 2 && error instanceof ApiError && error.status === 0,
      // Unused data is dropped soon: the page may be open for days.
      gcTime: 60_000,
    },
  },
});

export function App() {
  return (
    <QueryClientProvider client={queries}>
      <Toasts>
        <SessionGate login={(onToken, wasRefused) => <Login onToken={onToken} wasRefused={wasRefused} />}>
          <Console />
        </SessionGate>
      </Toasts>
    </QueryClientProvider>
  );
}

function Console() {
  const { token, refresh } = useSession();
  useStream(token, refresh);
  return (
    <Shell>
      <ViewBoundary>
        <Suspense fallback={<p className="p-8 text-center text-muted">Loading…</p>}>
          <Switch>
            <Route path="/" component={Overview} />
            <Route path="/ui/backends" component={Backends} />
            <Route path="/ui/backends/:id">{({ id }) => <BackendDetail id={decodeURIComponent(id)} />}</Route>
            <Route path="/ui/clients" component={Clients} />
            <Route path="/ui/limits" component={Limits} />
            <Route path="/ui/routes" component={Routes} />
            <Route path="/ui/certificates" component={Certificates} />
            <Route path="/ui/fleet" component={Fleet} />
            <Route path="/ui/events" component={Events} />
            <Route path="/ui/configuration" component={Configuration} />
            <Route component={NotFound} />
          </Switch>
        </Suspense>
      </ViewBoundary>
    </Shell>
  );
}
