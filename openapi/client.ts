/** Sluice's admin API with types. Generated from openapi.json by scripts/write-openapi.ts: do not edit. */
import createFetchClient, { type Client, type ClientOptions } from 'openapi-fetch';

export type SluiceClient = Client<paths>;

/** `createClient({ baseUrl: 'http://127.0.0.1:9000', headers: { authorization: 'Bearer …' } })` */
export function createClient(options: ClientOptions): SluiceClient {
  return createFetchClient<paths>(options);
}

export interface paths {
    "/addServer": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Add a server to the pool default, or to the only one */
        post: operations["compatAddServer"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/backends": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List backends */
        get: operations["compatListBackends"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/backends/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read a backend */
        get: operations["compatReadBackend"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /** Change enabled and weight of a backend */
        patch: operations["compatChangeBackend"];
        trace?: never;
    };
    "/api/backends/{id}/actions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * drain, reset_metrics or restart a backend
         * @description restart ends draining and closes the circuit.
         */
        post: operations["compatActOnBackend"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/circuit-breaker": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Circuits by URL of their backend */
        get: operations["compatListCircuits"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/circuit-breaker/{backend}/reset": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Close a circuit */
        post: operations["compatResetCircuit"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/config": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read the current configuration, with secrets masked */
        get: operations["compatReadConfig"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/health": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read how many backends are alive */
        get: operations["compatReadHealth"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read totals and backends */
        get: operations["compatReadMetrics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/rate-limit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read the rate limiter */
        get: operations["compatReadLimiter"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/client": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Change a client */
        put: operations["compatChangeClient"];
        /** Create a client */
        post: operations["compatCreateClient"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/client/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read a client */
        get: operations["compatReadClient"];
        put?: never;
        post?: never;
        /** Delete a client */
        delete: operations["compatDeleteClient"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/clients": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List clients, the first 1000 by key */
        get: operations["compatListClients"];
        put?: never;
        /** Create a client */
        post: operations["compatCreateNamedClient"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/health": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Answers OK while the process runs */
        get: operations["compatHealth"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/list": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List the servers that are not disabled */
        get: operations["compatListServers"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/livez": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Is the process alive? */
        get: operations["getLiveness"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Scrape everything in the Prometheus text format */
        get: operations["getPrometheusMetrics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/metrics/ws": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Backends as an array every 5 s (WebSocket) */
        get: operations["compatWatchBackends"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/ping": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Answers pong while the process runs */
        get: operations["compatPing"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/readyz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Is the gateway ready for traffic? */
        get: operations["getReadiness"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/removeServer": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Remove a server; one from the file is disabled */
        delete: operations["compatRemoveServer"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/api/acme/{issuer}/rollover": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Change the key of the account with an authority
         * @description The authority accepts the new key and no other from then on (RFC 8555, 7.3.5). Not while certificates are being ordered.
         */
        post: operations["rolloverAccountKey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/api/audit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read who changed what */
        get: operations["listAudit"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/api/backends": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List backends */
        get: operations["listBackends"];
        put?: never;
        /**
         * Add a backend to a pool
         * @description It survives restarts and reloads, and is shown with `source: api`.
         */
        post: operations["createBackend"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/api/backends/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read one backend */
        get: operations["getBackend"];
        /**
         * Replace a backend’s settings
         * @description Omitted fields, and a max_in_flight of null, get the file’s value, or the default for an added backend. Accepts the body of GET; unchanged, it changes nothing. With If-Match, only if it has not changed since.
         */
        put: operations["replaceBackend"];
        post?: never;
        /**
         * Remove an added backend, or the overrides of one from the file
         * @description Requests in flight finish. With If-Match, only if it has not changed since.
         */
        delete: operations["deleteBackend"];
        options?: never;
        head?: never;
        /**
         * Change some of a backend’s settings, or move it to another pool
         * @description A JSON merge patch (RFC 7396). Given fields override the file’s values and survive restarts and reloads; null removes the override. With If-Match, only if it has not changed since.
         */
        patch: operations["changeBackend"];
        trace?: never;
    };
    "/v1/api/backends/{id}/disable": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Disable a backend
         * @description Requests in flight finish.
         */
        post: operations["disableBackend"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/api/backends/{id}/drain": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Drain a backend: it finishes its requests and gets no new ones
         * @description `in_flight` counts the remaining requests; `drained` is true when none are left. Poll, or watch /ws/metrics.
         */
        post: operations["drainBackend"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/api/backends/{id}/enable": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Enable a backend */
        post: operations["enableBackend"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/api/backends/{id}/history": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read the last changes of a backend
         * @description Kept in memory as long as the backend is configured, including reloads.
         */
        get: operations["getBackendHistory"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/api/backends/{id}/metrics/history": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read the metrics of one backend over the last minute or hour */
        get: operations["getBackendMetricsHistory"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/api/backends/{id}/reset-metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Reset a backend’s metrics
         * @description Totals, averages, latencies and the error window, on every thread. Health, circuit state and requests in flight are kept.
         */
        post: operations["resetBackendMetrics"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/api/backends/{id}/undrain": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** End draining: the backend gets requests again */
        post: operations["undrainBackend"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/api/cache/purge": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Remove stored answers
         * @description An empty object removes all. Answered once every thread has removed its own; what was on its way then is not stored either. Of this gateway only.
         */
        post: operations["purgeCache"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/api/certificates": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List the certificates for clients */
        get: operations["listCertificates"];
        put?: never;
        /**
         * Upload a certificate
         * @description Stored with an encrypted key, and served at once by all gateways with the same database. It replaces an uploaded one for the same hosts; with If-Match, only if that has not changed since.
         */
        post: operations["uploadCertificate"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/api/certificates/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Remove an uploaded certificate, or one on demand
         * @description With If-Match, only if an uploaded one has not changed since. One on demand is ordered again when a client asks for it.
         */
        delete: operations["deleteCertificate"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/api/certificates/{id}/renew": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Order a certificate again now
         * @description Waits for nothing but the limit of four attempts an hour; the list shows what becomes of it.
         */
        post: operations["renewCertificate"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/api/circuit-breaker": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read the circuits */
        get: operations["getCircuits"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/api/circuit-breaker/{backend}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read the circuit of a backend */
        get: operations["getCircuit"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/api/circuit-breaker/{backend}/open": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Open the circuit of a backend for a while
         * @description Answers of the backend do not close it. Afterwards the circuit is half-open (closed, if circuits are off). Works with `circuit_breaker.enabled: false` too. Calling it again restarts the time. Applies on all gateways that share the database, and after a restart.
         */
        post: operations["openCircuit"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/api/circuit-breaker/{backend}/reset": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Close the circuit of a backend and clear its trips
         * @description Also one opened by an operator. Applies on all gateways that share the database.
         */
        post: operations["resetCircuit"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/api/clients": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List clients by key
         * @description X-Total-Count has the number of all matches, Link the next and the previous page.
         */
        get: operations["listClients"];
        put?: never;
        /**
         * Create a client
         * @description Omitted values of capacity, rate_per_second, algorithm and window_seconds are those of the default limit. With algorithm sliding-window, capacity is the number of requests admitted in any window of window_seconds, and rate_per_second must be omitted.
         */
        post: operations["createClient"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/api/clients/{key}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read a client */
        get: operations["readClient"];
        /**
         * Replace a client’s settings; its API key is kept
         * @description rate_per_second is required for a token bucket (the default algorithm) and not allowed for a sliding-window. With If-Match, only if it has not changed since.
         */
        put: operations["replaceClient"];
        post?: never;
        /**
         * Delete a client; the default limit applies to it from then on
         * @description With If-Match, only if it has not changed since.
         */
        delete: operations["deleteClient"];
        options?: never;
        head?: never;
        /**
         * Change some of a client’s settings, or its API key
         * @description A JSON merge patch (RFC 7396). With If-Match, only if it has not changed since.
         */
        patch: operations["changeClient"];
        trace?: never;
    };
    "/v1/api/clients/{key}/usage": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read how much of its limit a client has used
         * @description For any address or id, registered or not. Percent-encode slashes and colons in the key.
         */
        get: operations["getClientUsage"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/api/clients/{key}/what-if": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Replay the last hour of a client against another limit
         * @description Changes nothing. What is left out of the body is as it is now. Counts are by the second, so the replay is made twice: with the requests of a second spread evenly over it, and all at its beginning. For any address or id, registered or not, if it is one of the 256 busiest. Percent-encode slashes and colons in the key.
         */
        post: operations["askClientWhatIf"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/api/config": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read the current configuration */
        get: operations["getConfig"];
        /**
         * Write and apply the file
         * @description Answers once the new configuration applies on every traffic thread; the previous file is kept as `.bak`. An invalid text is rejected and the file is kept. PUT also accepts what GET returned, as long as it is current, and changes nothing; it cannot be used to change something, because it lacks secrets and comments.
         */
        put: operations["replaceConfig"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/api/config/apply": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Apply a plan, and watch it
         * @description Writes and applies the text if `plan_id` is that of its check and neither the configuration nor the file has changed since; otherwise answers 412 and lists what has changed. For `watch_seconds` after it, errors and p95 of each route are compared with the minute before, and the version before returns by itself if they become worse.
         */
        post: operations["applyConfig"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/api/config/check": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Check what a reload would change
         * @description Checks the text in `config`, or else the file, and applies nothing. Certificates and keys in a text are opened only if the current configuration also uses them. The answer of a valid text has a `plan_id`, with which POST /v1/api/config/apply applies it if nothing has changed by then.
         */
        post: operations["checkConfig"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/api/config/reload": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Read the file again
         * @description Answers once it applies on every traffic thread. An invalid file is rejected with every problem in `details`, and the current configuration is kept. The same as SIGHUP.
         */
        post: operations["reloadConfig"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/api/config/rollback/{number}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Bring a kept version back
         * @description Writes its text into the file and applies it, as the newest version.
         */
        post: operations["rollbackConfig"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/api/config/schema": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read the JSON Schema of the configuration file
         * @description For editors and programs; with the options of the plugins that are configured.
         */
        get: operations["getConfigSchema"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/api/config/text": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read the text of the current configuration, to edit it
         * @description Literal secrets are replaced by placeholders such as `"*** 1 of 9f86d081"`. Texts sent to `check`, `apply` and PUT may contain them: each stands for its secret, at the same key only.
         */
        get: operations["getConfigText"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/api/config/versions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List the kept versions */
        get: operations["listConfigVersions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/api/config/versions/{number}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read a kept version */
        get: operations["getConfigVersion"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/api/config/versions/{number}/diff": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Compare two kept versions
         * @description Lists what the later of the two changed. A version that is no longer valid cannot be compared.
         */
        get: operations["diffConfigVersions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/api/config/watch": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read how the last change does */
        get: operations["getConfigWatch"];
        put?: never;
        post?: never;
        /** End the watch, and keep the version */
        delete: operations["endConfigWatch"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/api/discovery": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read what discovery knows of the members of pools, and of routes */
        get: operations["getDiscovery"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/api/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read the latest events
         * @description Newest first. Kept in memory: a restart clears them.
         */
        get: operations["listEvents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/api/explain": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Explain what would happen to a request, in the order in which it is decided
         * @description By what the traffic threads would do with a real one, and without taking a token, asking a backend or a service, or counting anything.
         */
        get: operations["explainRequest"];
        put?: never;
        /**
         * The same for a request with credentials, which belong in no URL
         * @description By what the traffic threads would do with a real one, and without taking a token, asking a backend or a service, or counting anything.
         */
        post: operations["explainSecretRequest"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/api/explain/token": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Create a token with which a real request says how it was handled
         * @description The answer to a request with the token has a field of the same name: JSON with route, client, pool, tries and times. Good for a minute, on this gateway. The token never reaches a backend.
         */
        post: operations["createExplainToken"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/api/fleet": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read which gateways share the database */
        get: operations["getFleet"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/api/health": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read the health of the gateway and its backends
         * @description Always 200: `status` sums it up. For orchestrators use /readyz, which is 503 only if the gateway itself cannot serve.
         */
        get: operations["getHealth"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/api/limits": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read the current limits, and what is left of the shared ones */
        get: operations["getLimits"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/api/limits/top": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List the busiest or most refused clients of the last minute */
        get: operations["getTopTalkers"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/api/limits/what-if": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Replay the last hour of all clients without a limit of their own against another default limit
         * @description Changes nothing. Of the 256 busiest clients; otherwise as for one client.
         */
        post: operations["askDefaultWhatIf"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/api/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read all metrics */
        get: operations["getMetrics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/api/metrics/history": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read the metrics of the last minute, hour or day
         * @description Survives a restart if `metrics.store_history` is on and the data folder can be written.
         */
        get: operations["getMetricsHistory"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/api/plugins": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List the plugins with their options, routes, state and counters */
        get: operations["listPlugins"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/api/pools/{name}/members": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read the list that was pushed to a pool */
        get: operations["getPushedMembers"];
        /**
         * Replace all members of a pool with `discover: { push: {} }`
         * @description One list is one change: it is stored for all gateways of the database, and applies on every thread of this one once it is answered, usually after `discovery.debounce`. One invalid member refuses the whole list. With If-Match, only if it has not changed since.
         */
        put: operations["pushMembers"];
        post?: never;
        /**
         * Remove the list that was pushed to a pool
         * @description The pool then has only the backends of the file and of the API. Requests in flight finish.
         */
        delete: operations["deletePushedMembers"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/api/rate-limit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read the rate limiter */
        get: operations["getRateLimit"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/api/recordings": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List recordings: the one that runs, or has ended and is still to be read */
        get: operations["listRecordings"];
        put?: never;
        /**
         * Start recording requests and answers, without their secrets
         * @description One at a time, for a bounded time and size. It ends if nobody reads it within 30 s. Needs the role admin.
         */
        post: operations["startRecording"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/api/recordings/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Stop a recording; what was recorded can still be read */
        delete: operations["stopRecording"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/api/recordings/{id}/lines": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Stream a recording: a line of JSON for each request
         * @description From its beginning until it ends; once. If the caller leaves before, it ends. The lines are described in docs/operations/recording.md.
         */
        get: operations["readRecording"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/api/scale": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read how many replicas are wanted
         * @description For pools with `scale`, and with `fleet.scale` for gateways. Judged every five seconds.
         */
        get: operations["getScale"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/api/scale/{pool}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read how many replicas of a pool are wanted */
        get: operations["getPoolScale"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/api/session": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read who the token belongs to
         * @description Needs no token. A wrong token is answered 401, as everywhere.
         */
        get: operations["getSession"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/api/status": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read how the gateway is
         * @description Always 200: `status` sums it up.
         */
        get: operations["getStatus"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/api/tls/root.pem": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read the root of internal certificates */
        get: operations["getInternalRoot"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/ws/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Live metrics (WebSocket)
         * @description Sends a message of type `snapshot`, then one of type `frame` every interval; slow readers skip frames. Browsers pass the token as the subprotocols `sluice.metrics.v1`, `sluice.bearer.<base64url of it>`.
         */
        get: operations["watchMetrics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** Entry of the audit log */
        AuditEntry: {
            /** @description `operationId` of the call */
            action: string;
            /** @description Name of the token; anonymous: without one; cli: the command line; sluice: the gateway itself */
            actor: string;
            /** @description Address of the caller; internal: the gateway itself */
            address: string;
            /** @description State after the call; null: it no longer exists, or nothing changed */
            after: unknown;
            /** Format: date-time */
            at: string;
            /** @description State before the call, without secrets; null: it did not exist, or nothing changed */
            before: unknown;
            /** @description Name of the gateway that was called; null: the command line, or an older version */
            gateway: string | null;
            id: number;
            request_id: string;
            /**
             * @description Null: refused because no valid token was sent
             * @enum {string|null}
             */
            role: "viewer" | "operator" | "admin" | null;
            /** @description Of the answer */
            status: number;
            /** @description The target of the call; null: the gateway */
            target: string | null;
        };
        /** Backend */
        Backend: {
            /** @description Adaptive weight; null: off */
            adaptive: {
                error_rate: number;
                /** @description Mean time to first byte at the last evaluation; null: unknown */
                latency_ms: number | null;
                /** @description Requests in the last evaluation, or collected so far */
                samples: number;
                /** @description Factor of its configured weight */
                share: number;
                /** @description The latency it was compared with; null: none */
                target_latency_ms: number | null;
                /** @description Why it is not evaluated: `12 of 20 samples`; null: it is */
                waiting: string | null;
            } | null;
            /** @description Addresses that requests go to; for a host name, those it resolves to; empty: it never resolved */
            addresses: string[];
            /** @description Addresses that are skipped because their health checks fail while those of others succeed */
            addresses_down: string[];
            /** @description False only when its health checks fail */
            alive: boolean;
            /** @description Whether it gets requests */
            available: boolean;
            /** @description Gets requests only while no other backend can take them */
            backup: boolean;
            /** @enum {string} */
            circuit: "closed" | "open" | "half-open";
            /**
             * Format: date-time
             * @description Opened by an operator until then; null: not opened by one
             */
            circuit_forced_until: string | null;
            /** @description The same as in_flight */
            connections: number;
            /** @description Draining, with no requests in flight */
            drained: boolean;
            /** @description Gets no new requests; those in flight may finish */
            draining: boolean;
            /** @description The current weight, including slow start and adaptation */
            effective_weight: number;
            /** @description Time to first byte of answers below 400, exponential average with α = 0.2, ms; null: no sample */
            ema_ms: number | null;
            enabled: boolean;
            /** @description Share of failures in the circuit window */
            error_rate: number;
            /** @description Since start */
            failures_total: number;
            /** @description The file’s values of `overrides`; null if there are none */
            file: {
                [key: string]: unknown;
            } | null;
            /** @description Result of the health checks; null: unknown or unchecked */
            healthy: boolean | null;
            /** @description What to do so that its health is checked; null: nothing, or checks are off */
            hint: string | null;
            id: string;
            /** @description Requests in flight */
            in_flight: number;
            /**
             * Format: date-time
             * @description Time of the last health check; null: none yet
             */
            last_checked: string | null;
            /** @description Reason why the last health check failed */
            last_error: string | null;
            /** @description Limit of requests in flight, its own or the pool's; null: unlimited */
            max_in_flight: number | null;
            /** @description The id shown to clients, in X-Sluice-Backend and in sticky cookies */
            opaque_id: string;
            /** @description Fields that the API overrides; DELETE removes the overrides */
            overrides: ("pool" | "weight" | "enabled" | "draining" | "backup" | "max_in_flight")[];
            /** @description Time to first byte over the last minute, ms; null: no sample */
            p50: number | null;
            /** @description See p50 */
            p95: number | null;
            /** @description See p50 */
            p99: number | null;
            pool: string;
            /**
             * @description Result of the health checks; unknown: none has ended yet; unchecked: checks are off, or none is configured and the backend has no `/health`: it gets requests
             * @enum {string}
             */
            probes: "up" | "down" | "unknown" | "unchecked";
            /**
             * @description Why it is not available; null if it is
             * @enum {string|null}
             */
            reason: "disabled" | "draining" | "unresolved" | "unproven" | "unhealthy" | "ejected" | "circuit_open" | "full" | null;
            /** @description Where it runs; null: unknown */
            region: string | null;
            /** @description Since start */
            requests_total: number;
            /** @description Resolution of its host name; null: the URL has an address */
            resolution: {
                /**
                 * Format: date-time
                 * @description Time of the last lookup; null: none yet
                 */
                checked_at: string | null;
                /** @description Reason why the last lookup failed */
                error: string | null;
                host: string;
                /**
                 * Format: date-time
                 * @description The addresses have been the same since then; null: it never resolved
                 */
                since: string | null;
            } | null;
            /** @description Null: it is not in slow start */
            slow_start: {
                /**
                 * Format: date-time
                 * @description When it reaches its full weight
                 */
                ends_at: string;
                /** @description Current share of its weight */
                share: number;
            } | null;
            /**
             * @description file: from the configuration file; discovery: found by the source of its pool; api: added by the API
             * @enum {string}
             */
            source: "file" | "discovery" | "api";
            /**
             * @description down: it gets no requests because something is wrong; degraded: it gets some, and something is wrong
             * @enum {string}
             */
            state: "healthy" | "degraded" | "down";
            /** @description `3 failed probes: connect refused`; null: it is healthy */
            state_reason: string | null;
            /**
             * Format: date-time
             * @description When it entered this state; for the first state, when it was configured
             */
            state_since: string;
            url: string;
            /** @description Version of the overrides, 0: none; the ETag is derived from it */
            version: number;
            /** @description As configured */
            weight: number;
            /** @description Where it runs; null: unknown */
            zone: string | null;
        };
        /** Change of a backend */
        BackendChange: {
            /** Format: date-time */
            at: string;
            from: string;
            /**
             * @description state: healthy, degraded, down; health: the result of the health checks; circuit; availability: `available`, or the reason why not; weight: configured, slow start, or adapted
             * @enum {string}
             */
            kind: "state" | "health" | "circuit" | "availability" | "weight";
            reason: string | null;
            to: string;
        };
        /**
         * Response caches
         * @description All routes with a cache together; counters since start
         */
        Cache: {
            /** @description Requests that a cache has nothing to do with: other methods, no-store, with a body */
            bypasses_total: number;
            /** @description What the caches of all threads take */
            bytes: number;
            /** @description Answers removed to make room */
            evictions_total: number;
            /** @description Answers from a cache while fresh */
            hits_total: number;
            /** @description Requests that went on to a backend */
            misses_total: number;
            /** @description Answers from a cache that a backend confirmed with a 304 */
            revalidated_total: number;
            /** @description Answers from a cache while stale */
            stale_total: number;
            /** @description Answers stored, renewed ones included */
            stores_total: number;
        };
        /** Certificate for clients */
        Certificate: {
            /** @description Whole days; negative: expired */
            days_left: number | null;
            /** @description Why it is not served as it is on disk or stored, or why none could be ordered; null: nothing is wrong */
            error: string | null;
            /** @description `cert_file` in the configuration; null: it is in no file */
            file: string | null;
            /** @description Hex with colons */
            fingerprint_sha256: string | null;
            /** @description It is served for these */
            hosts: string[];
            /** @description To renew or remove it; null: it is in a file, or internal */
            id: string | null;
            /** @description Null, as all that is known from a certificate: there is none yet */
            issuer: string | null;
            /**
             * Format: date-time
             * @description When a client last asked for one on demand, within hours; null: of another
             */
            last_used: string | null;
            /**
             * Format: date-time
             * @description When it is ordered or renewed; null: not by the gateway
             */
            next_attempt: string | null;
            /** Format: date-time */
            not_after: string | null;
            /** Format: date-time */
            not_before: string | null;
            /** @description Hex */
            serial: string | null;
            /** @enum {string} */
            source: "file" | "internal" | "acme" | "uploaded" | "on_demand";
            /**
             * @description expiring: in the last sixth of its life; pending: there is none yet
             * @enum {string}
             */
            state: "pending" | "ok" | "expiring" | "expired" | "not_yet_valid";
            /** @description Of an uploaded one, for If-Match; null: of another */
            version: number | null;
        };
        /** Circuit */
        Circuit: {
            consecutive_failures: number;
            enabled: boolean;
            /** @description failure_count / total_calls; 0 without calls */
            error_rate: number;
            /** @description In the sliding window */
            failure_count: number;
            /**
             * Format: date-time
             * @description Opened by an operator until then; null: not opened by one
             */
            forced_until: string | null;
            /** @description Trial requests in flight */
            half_open_calls: number;
            half_open_successes: number;
            /**
             * Format: date-time
             * @description Null: there was none
             */
            last_failure_time: string | null;
            /**
             * Format: date-time
             * @description When an open circuit admits a trial; null if not open
             */
            next_attempt: string | null;
            /** @enum {string} */
            state: "closed" | "open" | "half-open";
            /** @description In the sliding window */
            success_count: number;
            /** @description In the sliding window */
            total_calls: number;
            /** @description Recent trips; each doubles the open time */
            trips: number;
        };
        Client: {
            /** @enum {string} */
            algorithm: "token-bucket" | "sliding-window";
            /** @description Shown only once, when it is created */
            api_key?: string;
            capacity: number;
            client_id?: string;
            /** @description RFC 3339 */
            created_at: string;
            enabled: boolean;
            has_api_key: boolean;
            /** @description The same as key */
            id: string;
            ip_address?: string;
            /** @description Canonical: 10.0.0.0/8, 2001:db8::1, user1 */
            key: string;
            name: string | null;
            /** @description Its own quotas, on all routes together; null: none. usage has what is used of them */
            quotas: {
                day: number | null;
                month: number | null;
            };
            /** @description For a sliding window, the average: capacity / window_seconds */
            rate_per_second: number;
            /** @description RFC 3339 */
            updated_at: string;
            /** @description Incremented with every change; the ETag is derived from it */
            version: number;
            /** @description Null: a token bucket */
            window_seconds: number | null;
        };
        /** Replay of a client */
        ClientReplay: {
            /** @description The highest Retry-After; null: a request costs more than the capacity */
            longest_wait_seconds: number | null;
            /** @description Requests */
            refused: number;
            /** @description The smallest that refuses nobody, at this rate or window */
            smallest_capacity: number;
            /** @description The smallest that refuses nobody with this capacity, rounded up to three digits; 0: any rate; null: no rate does, or it is a sliding window */
            smallest_rate_per_second: number | null;
            /** @description The 60 seconds with the most refusals; null: there were none */
            worst_minute: {
                refused: number;
                /** Format: date-time */
                since: string;
            } | null;
        };
        /** Client usage */
        ClientUsage: {
            /** @enum {string} */
            algorithm: "token-bucket" | "sliding-window";
            /** @description Null: not counted per client; see /v1/api/limits/top */
            allowed_total: number | null;
            capacity: number;
            /** @description Key of the client whose limit applies: a registered block, or the /64 of an IPv6 address; null: none, because an unregistered id is ignored */
            counted_as: string | null;
            /** @description Canonical */
            key: string;
            /** @enum {string} */
            kind: "ip" | "cidr" | "id";
            quotas: {
                /** @enum {string} */
                per: "day" | "month";
                /** @description Most in the period */
                requests: number;
                /**
                 * Format: date-time
                 * @description End of the period
                 */
                resets_at: string;
                /** @description Null: all routes together */
                route: string | null;
                used: number;
            }[];
            rate_per_second: number;
            /** @description Null: not counted per client */
            refused_total: number | null;
            /** @description Whether it has its own settings, and they are enabled */
            registered: boolean;
            /** @description Time until nothing is used, if no more requests arrive */
            resets_in_seconds: number;
            /** @description Tokens left, including fractions */
            tokens: number;
            /** @description capacity minus tokens */
            used: number;
            window_seconds: number | null;
        };
        /** A limit for a client */
        ClientVerdict: {
            at_once: components["schemas"]["ClientReplay"];
            even: components["schemas"]["ClientReplay"];
            limit: components["schemas"]["Limit"];
        };
        /** What if a client had another limit */
        ClientWhatIf: {
            /** @description Key of the client whose limit applies */
            counted_as: string;
            current: components["schemas"]["ClientVerdict"];
            /** @description Canonical */
            key: string;
            /** @enum {string} */
            kind: "ip" | "cidr" | "id";
            /** @description What to keep in mind */
            notes: string[];
            proposed: components["schemas"]["ClientVerdict"];
            recorded: components["schemas"]["RecordedDemand"];
            /** @description Admitted or refused; preflights that cost nothing are left out */
            requests: number;
            /** @description What they cost */
            tokens: number;
        };
        /** Change of the configuration */
        ConfigChange: {
            /** @enum {string} */
            action: "added" | "removed" | "changed";
            /** @description The changed pool, backend or route */
            keys: string[];
            /** @enum {string} */
            kind: "setting" | "pool" | "backend" | "route";
            /** @description Dotted key, name of the pool or route, or id of the backend */
            name: string;
        };
        /** State of the configuration */
        ConfigurationState: {
            /** @description False: the last reload was refused; /v1/api/config says why */
            last_reload_successful: boolean;
        };
        /** Version of the configuration */
        ConfigVersion: {
            /** Format: date-time */
            applied_at: string;
            /**
             * @description Name of the token; null: nobody’s
             * @example alice
             */
            by: string | null;
            /** @description Of the text */
            bytes: number;
            /** @description SHA-256 of the text, hex */
            digest: string;
            /**
             * @description Counts up, also over restarts
             * @example 7
             */
            number: number;
            /**
             * @description start: it was in the file when the process started; api, file, signal: what began the reload; rollback: by an operator; revert: the version after it made something worse
             * @enum {string}
             */
            origin: "start" | "api" | "file" | "signal" | "rollback" | "revert";
            /** @description False: in memory only, because the data folder cannot be written */
            stored: boolean;
        };
        /** Watch of a change */
        ConfigWatch: {
            /** @description The worst first, at most 100 */
            comparisons: components["schemas"]["WatchComparison"][];
            /**
             * Format: date-time
             * @description Null: it is running
             */
            ended_at: string | null;
            /** @description How often it has looked */
            look: number;
            /** @description How often it looks in all; two in a row decide */
            looks: number;
            /** @description Number of the version that returns if it makes something worse */
            previous: number;
            /**
             * @description How it ended; null: it is running
             * @example errors of route api rose from 0.5 % (2 of 400) to 31 % (62 of 200): the text of version 6 is back
             */
            reason: string | null;
            seconds: number;
            /** Format: date-time */
            started_at: string;
            /**
             * @description kept: nothing became worse, or an operator ended the watch; reverted: the text of the version before is back; ended: undecided, because of another change; revert_failed: it became worse, and the version before could not be applied
             * @enum {string}
             */
            state: "watching" | "kept" | "reverted" | "ended" | "revert_failed";
            /** @description Number of the watched version */
            version: number;
        };
        /** Database */
        Database: {
            available: boolean;
            /** @enum {string} */
            mode: "embedded" | "postgres";
        };
        /** Replay of all clients */
        DefaultReplay: {
            /** @description Requests */
            refused: number;
            refused_clients: number;
            /** @description The smallest that refuses nobody, at this rate or window */
            smallest_capacity: number;
            /** @description The smallest that refuses nobody with this capacity, rounded up to three digits; 0: any rate; null: no rate does, or it is a sliding window */
            smallest_rate_per_second: number | null;
        };
        /** A limit for all clients */
        DefaultVerdict: {
            at_once: components["schemas"]["DefaultReplay"];
            even: components["schemas"]["DefaultReplay"];
            limit: components["schemas"]["Limit"];
        };
        /** What if the default limit were another */
        DefaultWhatIf: {
            /** @description Clients that were replayed: the busiest under the default limit */
            clients: number;
            /** @description Share of the requests of all clients in the hour that are recorded by client */
            covered_share: number;
            current: components["schemas"]["DefaultVerdict"];
            /** @description What to keep in mind */
            notes: string[];
            proposed: components["schemas"]["DefaultVerdict"];
            recorded: components["schemas"]["RecordedDemand"];
            /** @description Whom the proposed limit would have refused, most first; at most 100 */
            refused_clients: {
                key: string;
                /** @enum {string} */
                kind: "ip" | "cidr" | "id";
                refused_at_once: number;
                refused_even: number;
                requests: number;
            }[];
            /** @description Admitted or refused; preflights that cost nothing are left out */
            requests: number;
            /** @description What they cost */
            tokens: number;
        };
        /** Members of pools and routes, as discovery sees them */
        Discovery: {
            /** @description Pools with `discover` */
            items: components["schemas"]["DiscoveryPool"][];
            /** @description Where routes come from besides the file */
            providers: {
                /** @description Since the last list; null: none yet */
                age_seconds: number | null;
                /** @description Changes of the routes since the start of the gateway */
                changes: number;
                /**
                 * Format: date-time
                 * @description null: the provider answers
                 */
                failing_since: string | null;
                /** @description Failed answers since the start of the gateway */
                failures: number;
                last_error: string | null;
                /** @description What does not apply, and why */
                problems: {
                    message: string;
                    /** @description Object that was refused, or of which a part does not apply */
                    subject: string;
                }[];
                /** @enum {string} */
                provider: "docker" | "kubernetes";
                /** @description Names of its routes that apply */
                routes: string[];
                /**
                 * @description starting: nothing is known yet; failing: the last answer failed, the routes stay
                 * @enum {string}
                 */
                state: "starting" | "cached" | "current" | "failing";
            }[];
        };
        /** Members of a pool */
        DiscoveryPool: {
            /** @description Since the last list; null: none yet */
            age_seconds: number | null;
            /** @description Changes of the members since the start of the gateway */
            changes: number;
            /**
             * Format: date-time
             * @description null: the source answers
             */
            failing_since: string | null;
            /** @description Failed answers since the start of the gateway */
            failures: number;
            last_error: string | null;
            members: {
                address: string;
                backup: boolean;
                /** @description The source lists it as leaving: it gets no new requests */
                draining: boolean;
                /** @description The source no longer lists it, and it stays for now; null: it is listed */
                held: {
                    reason: string;
                    /** Format: date-time */
                    since: string;
                    /**
                     * Format: date-time
                     * @description null: while its health checks succeed
                     */
                    until: string | null;
                } | null;
                /** @description Of the backend that it is, in /v1/api/backends */
                id: string;
                port: number;
                /** @description False: only the list of the last run has it; it gets no requests before a health check succeeds */
                proven: boolean;
                /** @description As the source states it; null: it does not */
                region: string | null;
                /** @description Identity of the process behind the address */
                uid: string | null;
                url: string;
                weight: number;
                zone: string | null;
            }[];
            pool: string;
            /** @description Entries that were left out, each with the reason */
            refused: string[];
            /** @description Kind of the source, as in `discover` */
            source: string;
            /**
             * @description starting: nothing is known yet; cached: only the list of the last run; failing: the last answer failed, the members stay
             * @enum {string}
             */
            state: "starting" | "cached" | "current" | "failing";
            /** @description An empty list is meant; false: members that still answer are held */
            strong: boolean;
        };
        /** @description The body of every error */
        Error: {
            /** @description The HTTP status */
            code: number;
            /** @description One entry for each invalid field */
            details?: {
                /** @description From 1 */
                column?: number;
                field: string;
                /** @description Of a configuration: in its text, from 1 */
                line?: number;
                message: string;
            }[];
            /** @description The paragraph of the documentation on this error, as a path in the repository */
            docs: string;
            /**
             * @description Stable: match on this
             * @enum {string}
             */
            error: "GW_BAD_REQUEST" | "GW_BAD_PATH" | "GW_TLS_REQUIRED" | "GW_VALIDATION" | "GW_BAD_JSON" | "GW_UNAUTHORIZED" | "GW_AUTH_REQUIRED" | "GW_AUTH_INVALID" | "GW_AUTH_DENIED" | "GW_AUTH_SCOPE" | "GW_FORBIDDEN" | "GW_DENIED" | "GW_ADDRESS_REFUSED" | "GW_ORIGIN_REFUSED" | "GW_CLIENT_CERTIFICATE" | "GW_NOT_FOUND" | "GW_NO_ROUTE" | "GW_CLIENT_NOT_FOUND" | "GW_DEMAND_NOT_RECORDED" | "GW_BACKEND_NOT_FOUND" | "GW_POOL_NOT_FOUND" | "GW_METHOD_NOT_ALLOWED" | "GW_REQUEST_TIMEOUT" | "GW_CONFIG_NOT_WRITABLE" | "GW_CLIENT_EXISTS" | "GW_BACKEND_EXISTS" | "GW_BACKEND_IN_FILE" | "GW_POOL_NOT_PUSHED" | "GW_CERTIFICATE_EXISTS" | "GW_CERTIFICATE_IN_FILE" | "GW_CERTIFICATES_NOT_STORED" | "GW_RECORDING_EXISTS" | "GW_ACME_BUSY" | "GW_PRECONDITION_FAILED" | "GW_PLAN_OUTDATED" | "GW_BODY_TOO_LARGE" | "GW_UNSUPPORTED_MEDIA_TYPE" | "GW_EXPECTATION_FAILED" | "GW_MISDIRECTED" | "GW_CONFIG_TOO_COSTLY" | "GW_RATE_LIMITED" | "GW_TOO_MANY_IN_FLIGHT" | "GW_QUOTA_EXCEEDED" | "GW_TOO_MANY_ATTEMPTS" | "GW_HEAD_TOO_LARGE" | "GW_INTERNAL" | "GW_PLUGIN_FAILED" | "GW_CODING_NOT_SUPPORTED" | "GW_METHOD_NOT_SUPPORTED" | "GW_UPGRADE_NOT_SUPPORTED" | "GW_BACKEND_UNREACHABLE" | "GW_BACKEND_RESET" | "GW_BACKEND_HEAD_TOO_LARGE" | "GW_BACKEND_PROTOCOL" | "GW_BACKEND_INVALID" | "GW_ACME_FAILED" | "GW_NO_BACKEND" | "GW_POOL_FULL" | "GW_CONNECTIONS_FULL" | "GW_QUEUE_TIMEOUT" | "GW_AUTH_UNAVAILABLE" | "GW_AUTH_KEYS" | "GW_AUTH_BUSY" | "GW_DATABASE_UNAVAILABLE" | "GW_CLIENT_TABLE_FULL" | "GW_TOO_MANY_STREAMS" | "GW_OVERLOADED" | "GW_STOPPING" | "GW_CONNECT_TIMEOUT" | "GW_NOT_CACHED" | "GW_RESPONSE_TIMEOUT" | "GW_LOOP";
            message: string;
            /** @description The same as in the x-request-id header; look it up in the log */
            request_id: string;
        };
        /** Event */
        Event: {
            /** Format: date-time */
            at: string;
            /** @description Name of the gateway that this happened on */
            gateway: string;
            /** @description Incremented with every event since the process started */
            id: number;
            /** @enum {string} */
            kind: "health" | "circuit" | "backend" | "discovery" | "pool" | "client" | "configuration" | "thread" | "database" | "limit" | "certificate" | "fleet" | "auth" | "telemetry";
            message: string;
            /** @enum {string} */
            severity: "info" | "warn" | "error";
            /** @description Id of the backend, key of the client, number of the thread, or first host of the certificate */
            subject: string | null;
        };
        /** Explain token */
        ExplainToken: {
            /** Format: date-time */
            expires_at: string;
            /** @description Send the token in this header field */
            header: string;
            token: string;
        };
        /**
         * Explanation
         * @description What would happen to a request. No token is taken.
         */
        Explanation: {
            /**
             * @description By `rate_limit.allowlist` and `denylist`; null: in neither
             * @enum {string|null}
             */
            admission: "allowed" | "denied" | null;
            client: components["schemas"]["ClientUsage"];
            /** @description Tokens that it takes from each limit */
            cost: number;
            /** @description Why it takes none */
            error: string | null;
            /** @description Where the client is; null: unknown, or nothing says where clients are */
            geo: {
                /** @description As in `match.geo` and the access log */
                location: string;
                /**
                 * @description What says so: `geo.header` or `geo.table`
                 * @enum {string}
                 */
                source: "header" | "table";
            } | null;
            in_flight: {
                /** @enum {string} */
                limit: "in-flight" | "route-in-flight";
                most: number;
                /** @description Requests of the client now */
                running: number;
                would_refuse: boolean;
            }[];
            limits: {
                /** @description It refuses nothing */
                dry_run: boolean;
                /** @description Of `route-key`: whose limit it is */
                key: string | null;
                /** @enum {string} */
                limit: "client" | "preflight" | "route-client" | "route" | "global" | "route-key";
                policy: components["schemas"]["Limit"];
                /** @description Left now */
                tokens: number;
                would_refuse: boolean;
            }[];
            /** @description Where it is redirected to; null: nowhere */
            location: string | null;
            /** @description Where it would go; null: nowhere, or chance decides */
            pool: string | null;
            /** @description All of the route, with `pool` first */
            pools: {
                algorithm: string;
                /** @description `source` says where each comes from */
                backends: components["schemas"]["Backend"][];
                discovery: components["schemas"]["DiscoveryPool"] | null;
                /** @description The pool, its fallback, the fallback of that …; all 0: none of them is available; null: it has none */
                fallback: {
                    pool: string;
                    /** @description Part of its requests that goes there */
                    share: number;
                }[] | null;
                /** @description By `pools.*.locality`, the nearest first; null: it does not matter how near they are */
                locality: {
                    backends: string[];
                    /**
                     * @description How near these backends are to the gateway
                     * @enum {string}
                     */
                    locality: "zone" | "region" | "other";
                    /** @description Part of the requests that goes there */
                    share: number;
                }[] | null;
                name: string;
            }[];
            quotas: {
                /** @description `day` or `month` */
                per: string;
                /** @description `quota`: of all routes together; `quota-day`, `quota-month`: the same, of the client itself; `route-quota`: of its route */
                quota: string;
                /** @description Most in the period */
                requests: number;
                /**
                 * Format: date-time
                 * @description End of the period
                 */
                resets_at: string;
                used: number;
                would_refuse: boolean;
            }[];
            /** @description The route that the request takes; null: none, see `error` */
            route: string | null;
            routes_total: number;
            /** @description What decides about it, in this order, up to the first without which nothing can be said about the rest */
            steps: {
                /** @description The first that would certainly answer it */
                decides: boolean;
                /** @description Code of the error; null: none */
                error: string | null;
                /**
                 * @description `passes`: it goes on; `answers`: it is answered here; `unknown`: only a real request finds out
                 * @enum {string}
                 */
                outcome: "passes" | "answers" | "unknown";
                /** @description Of the answer; null: it passes, or a backend says it */
                status: number | null;
                /** @enum {string} */
                step: "geo" | "admission" | "addresses" | "limits" | "https" | "certificate" | "route" | "cors" | "auth" | "shedding" | "in_flight" | "key_limit" | "quota" | "plugin" | "answer" | "rewrite" | "split" | "fallback" | "cache" | "backends";
                /** @description What is found, in a sentence */
                text: string;
            }[];
            /** @description Path and query that backends get; null: those of the request */
            target: string | null;
            /** @description The nearest routes first, at most 50 */
            verdicts: {
                /** @description Why it is taken, or the first reason why it is not */
                reason: string;
                route: string;
                taken: boolean;
            }[];
        };
        /** Export of a signal to a collector */
        Exporter: {
            /** @description Dropped since start, by reason: no room, refused or rejected by the collector, not accepted within a minute, or stopped */
            dropped_total: {
                expired: number;
                full: number;
                refused: number;
                rejected: number;
                stopped: number;
            };
            endpoint: string;
            /** @description Spans, data points or log records that the collector has accepted since start */
            exported_total: number;
            /** Format: date-time */
            failing_since: string | null;
            /** @description Why the last request failed; null: it did not */
            last_error: string | null;
            queued: number;
            /** @enum {string} */
            signal: "traces" | "metrics" | "logs";
            /** @enum {string} */
            state: "ok" | "failing";
        };
        /** Gateways that share a database */
        Fleet: {
            /**
             * Format: date-time
             * @description When the database was last read; null: never
             */
            as_of: string | null;
            /** @description Empty: nothing to warn of */
            drift: components["schemas"]["FleetDrift"][];
            /** @description By name; lost ones for an hour */
            items: components["schemas"]["FleetGateway"][];
            /** @description Number of live gateways, the one that answers included */
            live: number;
            /** @description Name of the gateway that answers */
            name: string;
            /** @description Of all live gateways */
            refused_per_second: number;
            /** @description Of all live gateways */
            requests_per_second: number;
            /**
             * @description last_known: the database is away; alone: the embedded database is one gateway’s
             * @enum {string}
             */
            source: "database" | "last_known" | "alone";
        };
        /** Disagreement between gateways */
        FleetDrift: {
            groups: {
                /** @description Names of those that have it; of `name`: their ids */
                gateways: string[];
                /** @description The digest, version or name */
                value: string;
            }[];
            /**
             * @description config and version should be the same on all live gateways; name must not be
             * @enum {string}
             */
            kind: "config" | "version" | "name";
            message: string;
        };
        /** Gateway of the fleet */
        FleetGateway: {
            /** @description As it sees it itself; null: it does not listen yet */
            admin_url: string | null;
            /** @description The same on gateways with the same configuration; null: not known yet */
            config_digest: string | null;
            /** @description Random, of the process */
            id: string;
            /**
             * @description local: without `redis`, it counts for itself; slow: it does not wait for Redis, and limits are less exact; lost: without Redis, it admits its share of each limit
             * @enum {string}
             */
            limit_mode: "local" | "shared" | "slow" | "lost";
            /** @description For how long it has been slow or lost; null: neither */
            limit_mode_seconds: number | null;
            /** @description `fleet.name` */
            name: string;
            /** @description The same of requests that a rate limit refused */
            refused_per_second: number;
            /** @description Between its last two beats */
            requests_per_second: number;
            /** @description Time since its last beat, by the clock of the database */
            seen_seconds_ago: number;
            /**
             * @description lost: it stopped reporting without leaving
             * @enum {string}
             */
            state: "live" | "lost";
            /** @description The gateway that answers */
            this: boolean;
            /** @description Traffic threads */
            threads: number;
            uptime_seconds: number;
            version: string;
        };
        /** Frame of /ws/metrics */
        Frame: {
            /** Format: date-time */
            at: string;
            backends: components["schemas"]["Backend"][];
            configuration: components["schemas"]["ConfigurationState"];
            database: components["schemas"]["Database"];
            /** @description One for each signal of telemetry that is exported */
            exporters: components["schemas"]["Exporter"][];
            /** @description Seconds between frames */
            interval_s: number;
            limiter: components["schemas"]["Limiter"];
            routes: components["schemas"]["Route"][];
            /** @description Version of the current configuration */
            snapshot: number;
            threads: components["schemas"]["Thread"][];
            /** @description p50, p95, p99: duration of whole requests in the last minute, ms, of those sent to a backend; null: no sample */
            total: {
                in_flight: number;
                /** @description Since start: answered by the gateway itself (429, 404, 503 …) */
                own_answers_total: number;
                p50: number | null;
                p95: number | null;
                p99: number | null;
                requests_per_second: number;
                /** @description Since start */
                requests_total: number;
                retries_total: number;
                statuses: components["schemas"]["Statuses"];
            };
            /**
             * @description snapshot: the first message of a connection
             * @enum {string}
             */
            type: "snapshot" | "frame";
            uptime_seconds: number;
            version: string;
        };
        /** History of the gateway */
        GatewayHistory: {
            /** @description Between points */
            interval_seconds: number;
            /** @description Oldest first; a time without points is a gap */
            points: {
                /**
                 * Format: date-time
                 * @description The end of the interval
                 */
                at: string;
                /** @description Share of requests in the interval that failed, 0 to 1; null: no requests */
                error_rate: number | null;
                /** @description Answers of 500 and above; of a backend: failures as its circuit counts them */
                errors_per_second: number | null;
                /** @description At the end of the interval */
                in_flight: number | null;
                /** @description For requests sent to a backend in the minute before, ms; null: no sample */
                p50: number | null;
                /** @description See p50 */
                p95: number | null;
                /** @description See p50 */
                p99: number | null;
                /** @description By the rate limiter; 0 for a backend */
                refused_per_second: number | null;
                /** @description Null: not known */
                requests_per_second: number | null;
            }[];
            /**
             * @description Why it cannot be stored; null: it is, or it should not be
             * @example there is no space left on the disk
             */
            storage_problem: string | null;
            /** @description It continues after a restart, as `metrics.store_history` says */
            stored: boolean;
        };
        /** How many gateways are wanted */
        GatewayScale: {
            /** @description Replicas that the signals ask for; null: none is known */
            asked: number | null;
            /**
             * @description The signal that asks for most; null: none is known
             * @enum {string|null}
             */
            by: "rps" | "in_flight" | "p95" | "cpu" | null;
            /**
             * @description Why wanted is not asked; growth: at most twice as many at once, or 4; stabilization: as many were wanted a while ago; unknown: a signal that is not known may ask for more
             * @enum {string|null}
             */
            limited_by: "min" | "max" | "growth" | "stabilization" | "unknown" | null;
            /** @description As configured */
            max: number;
            /** @description As configured */
            min: number;
            /** @description Replicas that there are: enabled, not draining, no backups */
            present: number;
            /** @description Of these, those that take requests */
            ready: number;
            /** @description The same in words */
            reason: string;
            /** @description Those with a target */
            signals: components["schemas"]["ScaleSignal"][];
            /** @description Replicas that there should be, `min` to `max` */
            wanted: number;
        };
        /** Status of the gateway */
        GatewayStatus: {
            /**
             * @description What runs: a clone, the npm package, the executable or the image
             * @enum {string}
             */
            build: "source" | "package" | "executable" | "image";
            /** @description That it was built from; null: unknown, as in a clone */
            commit: string | null;
            configuration: {
                /** Format: date-time */
                applied_at: string;
                /** @description Path as given at start; null: flags only */
                file: string | null;
                /** @description Number of the kept version; null: none is kept */
                revision: number | null;
                /** @description Of the current snapshot */
                version: number;
            };
            database: components["schemas"]["Database"];
            /** @description Answers of 500 and above over the last minute; null: less than one request a second */
            error_share: number | null;
            /** @description Name of this gateway */
            gateway: string;
            /** @description Live gateways that share the database, this one included */
            gateways: number;
            in_flight: number;
            limits: {
                /** @description Nothing is refused */
                dry_run: boolean;
                enabled: boolean;
                /**
                 * @description local: counted by this gateway; shared: by Redis; slow, lost: Redis is slow or away
                 * @enum {string}
                 */
                mode: "local" | "shared" | "slow" | "lost";
            };
            pools: {
                /** @description Available for requests */
                available: number;
                /** @description Of the pool */
                backends: number;
                /** @description Without any problem */
                healthy: number;
                name: string;
            }[];
            /** @description Reasons why it is not healthy, one sentence each */
            reasons: string[];
            /** @description Refused by a limit over the last minute; null: less than one request a second */
            refused_share: number | null;
            requests_per_second: number;
            /** @description Since start */
            requests_total: number;
            /**
             * @description unavailable: not ready, or a pool and its fallback have no available backend; degraded: a backend is unhealthy or gets no requests
             * @enum {string}
             */
            status: "healthy" | "degraded" | "unavailable";
            threads: components["schemas"]["Thread"][];
            uptime_seconds: number;
            version: string;
            /** @description Things to look at that do not change `status` */
            warnings: {
                /** @enum {string} */
                kind: "health" | "circuit" | "backend" | "discovery" | "pool" | "client" | "configuration" | "thread" | "database" | "limit" | "certificate" | "fleet" | "auth" | "telemetry";
                message: string;
            }[];
        };
        /** History */
        History: {
            /** @description Between points */
            interval_seconds: number;
            /** @description Oldest first; a time without points is a gap */
            points: {
                /**
                 * Format: date-time
                 * @description The end of the interval
                 */
                at: string;
                /** @description Share of requests in the interval that failed, 0 to 1; null: no requests */
                error_rate: number | null;
                /** @description Answers of 500 and above; of a backend: failures as its circuit counts them */
                errors_per_second: number | null;
                /** @description At the end of the interval */
                in_flight: number | null;
                /** @description For requests sent to a backend in the minute before, ms; null: no sample */
                p50: number | null;
                /** @description See p50 */
                p95: number | null;
                /** @description See p50 */
                p99: number | null;
                /** @description By the rate limiter; 0 for a backend */
                refused_per_second: number | null;
                /** @description Null: not known */
                requests_per_second: number | null;
            }[];
        };
        /** Limit */
        Limit: {
            /** @enum {string} */
            algorithm: "token-bucket" | "sliding-window";
            /** @description Largest burst of a bucket, requests in any window, in tokens */
            capacity: number;
            /** @description Refill of a bucket, average of a window, in tokens a second */
            rate_per_second: number;
            /** @description Null: a token bucket */
            window_seconds: number | null;
        };
        /** Limiter */
        Limiter: {
            /** @description Clients whose bucket is not full */
            active_clients: number;
            /** @description Since start */
            allowed_total: number;
            /** @description Admitted by the allowlist, since start */
            allowlisted_total: number;
            /** @description Refused by the denylist, or by the lists of a route, since start */
            denied_total: number;
            /** @description Nothing is refused; would_refuse_total counts instead */
            dry_run: boolean;
            enabled: boolean;
            /** @description Left in the global bucket; null: there is none */
            global_tokens: number | null;
            /** @description Refused by the global bucket, since start */
            refused_global_total: number;
            /** @description Refused because as many requests of the client were running as it may have, since start */
            refused_in_flight_total: number;
            /** @description Refused by a limit of a route for each value of a key, since start */
            refused_key_total: number;
            /** @description Refused because a quota of the client is used up, since start */
            refused_quota_total: number;
            /** @description Refused by a limit of a route, since start */
            refused_route_total: number;
            /** @description Refused by a limit over the last minute; null: less than one request a second */
            refused_share: number | null;
            /** @description Refused because the thread or the pool was overloaded, since start */
            refused_shedding_total: number;
            /** @description Refused by a client's bucket, since start */
            refused_total: number;
            registered_clients: number;
            /** @description Size of the client table */
            table_slots: number;
            /** @description Admitted only because of a dry run, of the gateway or of a route; since start */
            would_refuse_total: number;
        };
        /** Limits */
        Limits: {
            /** @description Clients whose bucket is not full */
            active_clients: number;
            /** @description Since start */
            allowed_total: number;
            allowlist: string[];
            /** @description Admitted by the allowlist, since start */
            allowlisted_total: number;
            default: components["schemas"]["Limit"];
            /** @description Refused by the denylist, or by the lists of a route, since start */
            denied_total: number;
            denylist: string[];
            /** @description Nothing is refused; would_refuse_total counts instead */
            dry_run: boolean;
            enabled: boolean;
            global: components["schemas"]["Limit"] | null;
            /** @description Left in the global bucket; null: there is none */
            global_tokens: number | null;
            /** @description Refused by the global bucket, since start */
            refused_global_total: number;
            /** @description Refused because as many requests of the client were running as it may have, since start */
            refused_in_flight_total: number;
            /** @description Refused by a limit of a route for each value of a key, since start */
            refused_key_total: number;
            /** @description Refused because a quota of the client is used up, since start */
            refused_quota_total: number;
            /** @description Refused by a limit of a route, since start */
            refused_route_total: number;
            /** @description Refused by a limit over the last minute; null: less than one request a second */
            refused_share: number | null;
            /** @description Refused because the thread or the pool was overloaded, since start */
            refused_shedding_total: number;
            /** @description Refused by a client's bucket, since start */
            refused_total: number;
            registered_clients: number;
            /** @description Routes with their own limits or a cost above 1 */
            routes: {
                client: components["schemas"]["Limit"] | null;
                /** @description Tokens a request takes from every limit */
                cost: number;
                dry_run: boolean;
                /** @description What client counts by instead of the client; null: the client */
                key: string | null;
                route: string;
                /** @description Tokens left, including fractions; null: no such limit */
                tokens: number | null;
                total: components["schemas"]["Limit"] | null;
            }[];
            shared: components["schemas"]["LimitSharing"] | null;
            /** @description Share of the table in use by clients whose limit is not full, 0..1 */
            table_fill: number;
            /** @description Size of the client table */
            table_slots: number;
            /** @description Admitted only because of a dry run, of the gateway or of a route; since start */
            would_refuse_total: number;
        };
        /**
         * Limit sharing
         * @description Limits that several gateways share by Redis; null: none is configured
         */
        LimitSharing: {
            /** @description Since the start, by what they were based on: tokens leased ahead; the limit was far; Redis was asked; the limit was known to be used up; the share of this gateway, because Redis was slow, lost, or the answer late */
            decisions: {
                asked: number;
                far: number;
                known_empty: number;
                late: number;
                lease: number;
                share: number;
                slow: number;
            };
            /** @description Gateways that share the limits, this one included */
            gateways: number;
            /** @description Shared limits in use at this moment */
            limits: number;
            /**
             * @description slow: nobody waits for Redis, and limits are less exact; lost: without Redis, this gateway admits its share
             * @enum {string}
             */
            mode: "shared" | "slow" | "lost";
            /** @description Average round trip to Redis */
            rtt_ms: number;
            /**
             * Format: date-time
             * @description Null: since the start
             */
            since: string | null;
            /** @description Sum of what requests waited for Redis since the start */
            waited_ms: number;
        };
        /** Metrics */
        Metrics: {
            /** @description Backends that are available */
            active_backends: number;
            /**
             * @description mixed: the pools differ, see pools
             * @enum {string}
             */
            algorithm: "round-robin" | "weighted-round-robin" | "least-connections" | "random" | "two-choices" | "consistent-hash" | "mixed";
            /** Format: date-time */
            at: string;
            /** @description Mean of the backends' ema_ms, weighted by their requests, ms; null: no sample */
            avg_response_time: number | null;
            backends: components["schemas"]["Backend"][];
            cache: components["schemas"]["Cache"];
            configuration: components["schemas"]["ConfigurationState"];
            database: components["schemas"]["Database"];
            /** @description Percentiles: duration of whole requests in the last minute, ms, of those sent to a backend; null: no sample */
            duration: {
                p50: number | null;
                p95: number | null;
                p99: number | null;
            };
            /** @description One for each signal of telemetry that is exported */
            exporters: components["schemas"]["Exporter"][];
            in_flight: number;
            limiter: components["schemas"]["Limiter"];
            /** @description Since start: answered by the gateway itself (429, 404, 503 …) */
            own_answers_total: number;
            pools: {
                /** @enum {string} */
                algorithm: "round-robin" | "weighted-round-robin" | "least-connections" | "random" | "two-choices" | "consistent-hash";
                /** @description Attempts since start by how near the backend is; null: `locality.prefer` is off */
                attempts_by_locality: {
                    other: number;
                    region: number;
                    zone: number;
                } | null;
                /** @description Requests since start that went to its fallback; null: it has none */
                fallback_total: number | null;
                /** @description Requests answered 503 since start because every backend was full: GW_POOL_FULL, GW_QUEUE_TIMEOUT, GW_CONNECTIONS_FULL */
                full_total: number;
                name: string;
                /** @description Requests waiting for a free slot or connection at one of its backends */
                queued: number;
            }[];
            /** @description In the last minute, or since the start if that is more recent */
            requests_per_minute: number;
            requests_per_second: number;
            /** @description Since start */
            requests_total: number;
            /** @description Since start */
            retries_total: number;
            routes: components["schemas"]["Route"][];
            /** @description Version of the current configuration */
            snapshot: number;
            statuses: components["schemas"]["Statuses"];
            threads: components["schemas"]["Thread"][];
            /** @description The same as requests_total */
            total_requests: number;
            uptime_seconds: number;
            version: string;
        };
        /** Plugins */
        Plugins: {
            items: {
                /** @description Its own, since the start */
                counters: {
                    [key: string]: number;
                };
                /** @description Hooks that failed, since the start */
                errors_total: number;
                /** @description As in the configuration */
                file: string;
                name: string;
                /** @enum {string} */
                on_error: "deny" | "skip";
                options: {
                    /** @description In words: `an integer from 1 to 10` */
                    allowed: string;
                    /** @description As JSON; null: none */
                    default: string | null;
                    /** @description Null: the schema of the plugin has none */
                    description: string | null;
                    /** @description Why the last reload was refused, if that was because of it */
                    error: string | null;
                    /** @description In `plugins.NAME.options`; nested ones dotted */
                    key: string;
                    required: boolean;
                    /** @description It differs from the default */
                    set: boolean;
                    /** @description As JSON; `***` for a secret, `${NAME}` for the value of a variable; null: it has none */
                    value: string | null;
                }[];
                /** @description Why it could not be loaded */
                reason: string | null;
                /** @description Changes with the contents of the file and of the modules that it imports */
                revision: string;
                /** @description Names of those that run it */
                routes: string[];
                /**
                 * @description `running`: as configured; `outdated`: that cannot be loaded, and the instance before it goes on; `failed`: its requests fail. The worst of all traffic threads
                 * @enum {string}
                 */
                state: "running" | "outdated" | "failed";
                timeout_ms: number;
            }[];
        };
        /** How many replicas of a pool are wanted */
        PoolScale: {
            /** @description Replicas that the signals ask for; null: none is known */
            asked: number | null;
            /**
             * @description The signal that asks for most; null: none is known
             * @enum {string|null}
             */
            by: "rps" | "in_flight" | "p95" | "cpu" | null;
            /**
             * @description Why wanted is not asked; growth: at most twice as many at once, or 4; stabilization: as many were wanted a while ago; unknown: a signal that is not known may ask for more
             * @enum {string|null}
             */
            limited_by: "min" | "max" | "growth" | "stabilization" | "unknown" | null;
            /** @description As configured */
            max: number;
            /** @description As configured */
            min: number;
            pool: string;
            /** @description Replicas that there are: enabled, not draining, no backups */
            present: number;
            /** @description Of these, those that take requests */
            ready: number;
            /** @description The same in words */
            reason: string;
            /** @description Those with a target */
            signals: components["schemas"]["ScaleSignal"][];
            /** @description Replicas that there should be, `min` to `max` */
            wanted: number;
        };
        /** Members that were pushed to a pool */
        PushedMembers: {
            /** @description The members stay, and discovery of the pool fails */
            expired: boolean;
            /**
             * Format: date-time
             * @description null: it does not expire
             */
            expires_at: string | null;
            members: {
                address: string;
                backup: boolean;
                draining: boolean;
                port: number;
                region: string | null;
                uid: string | null;
                weight: number;
                zone: string | null;
            }[];
            pool: string;
            /** @description Incremented with every list; 0: none was pushed. The ETag is derived from it */
            version: number;
        };
        /** Rate limit */
        RateLimit: {
            /** @description Clients whose bucket is not full */
            active_clients: number;
            /** @description The same as active_clients */
            active_ips: number;
            /** @description Since start */
            allowed_total: number;
            /** @description Admitted by the allowlist, since start */
            allowlisted_total: number;
            /** @description Refused by the denylist, or by the lists of a route, since start */
            denied_total: number;
            /** @description Nothing is refused; would_refuse_total counts instead */
            dry_run: boolean;
            enabled: boolean;
            global_limit: components["schemas"]["Limit"] | null;
            /** @description Left in the global bucket; null: there is none */
            global_tokens: number | null;
            per_ip_limit: components["schemas"]["Limit"];
            /** @description Refused by the global bucket, since start */
            refused_global_total: number;
            /** @description Refused because as many requests of the client were running as it may have, since start */
            refused_in_flight_total: number;
            /** @description Refused by a limit of a route for each value of a key, since start */
            refused_key_total: number;
            /** @description Refused because a quota of the client is used up, since start */
            refused_quota_total: number;
            /** @description Refused by a limit of a route, since start */
            refused_route_total: number;
            /** @description Refused by a limit over the last minute; null: less than one request a second */
            refused_share: number | null;
            /** @description Refused because the thread or the pool was overloaded, since start */
            refused_shedding_total: number;
            /** @description Refused by a client's bucket, since start */
            refused_total: number;
            registered_clients: number;
            /** @description Size of the client table */
            table_slots: number;
            /** @enum {string} */
            type: "token_bucket" | "sliding_window";
            /** @description Admitted only because of a dry run, of the gateway or of a route; since start */
            would_refuse_total: number;
        };
        /**
         * Recorded demand
         * @description The part of the last hour that is known
         */
        RecordedDemand: {
            seconds: number;
            /** Format: date-time */
            since: string;
            /** Format: date-time */
            until: string;
        };
        /** Recording */
        Recording: {
            bodies: boolean;
            bytes: number;
            /** @description Requests that were chosen, but not recorded: a queue was full */
            dropped: number;
            /**
             * @description Why it ended; null: it is running
             * @enum {string|null}
             */
            ended: "time" | "size" | "stopped" | "disconnected" | "unread" | null;
            id: string;
            max_bytes: number;
            /** @description Requests */
            recorded: number;
            /** @description Null: all routes */
            route: string | null;
            sample: number;
            seconds: number;
            /** Format: date-time */
            started_at: string;
        };
        /**
         * Route
         * @description p50, p95, p99: duration of whole requests in the last minute, ms, of those sent to a backend; null: no sample
         */
        Route: {
            /** @description Answers of 500 and above over the last minute; null: less than one request a second */
            error_share: number | null;
            name: string;
            /** @description Since start: answered by the gateway itself (429, 404, 503 …) */
            own_answers_total: number;
            p50: number | null;
            p95: number | null;
            p99: number | null;
            /** @description Empty: it has several, see shares, or its requests are not forwarded. */
            pool: string;
            requests_per_second: number;
            requests_total: number;
            /** @description Of a route with several pools; else empty */
            shares: components["schemas"]["RouteShare"][];
            statuses: components["schemas"]["Statuses"];
        };
        /**
         * Part of a route
         * @description The requests of a route that went to one of its pools
         */
        RouteShare: {
            /** @description Answers of 500 and above over the last minute; null: less than one request a second */
            error_share: number | null;
            /** @description Since start: answered by the gateway itself (429, 404, 503 …) */
            own_answers_total: number;
            p50: number | null;
            p95: number | null;
            p99: number | null;
            pool: string;
            requests_per_second: number;
            requests_total: number;
            statuses: components["schemas"]["Statuses"];
        };
        /** How many replicas are wanted */
        Scale: {
            /**
             * Format: date-time
             * @description When it was judged
             */
            at: string;
            gateway: components["schemas"]["GatewayScale"] | null;
            /** @description Live gateways; traffic of pools is that of all of them */
            gateways: number;
            /** @description Those with `scale` */
            pools: components["schemas"]["PoolScale"][];
        };
        /** A signal of scaling */
        ScaleSignal: {
            /**
             * @description rps and in_flight: over 30 s, of all live gateways; p95: time to first byte over the last minute; cpu: share of its processors that this gateway used over 30 s
             * @enum {string}
             */
            signal: "rps" | "in_flight" | "p95" | "cpu";
            /** @description For each replica, as configured; ms for p95 */
            target: number;
            /** @description Of all replicas together (p95, cpu: of each); ms for p95; null: not known now */
            value: number | null;
            /** @description Replicas that this signal alone asks for; null: none, it is not known */
            wanted: number | null;
        };
        /** @description The caller */
        Session: {
            /**
             * @description none: no token is configured, so everything is allowed
             * @enum {string}
             */
            authentication: "none" | "token";
            /** @description Name of the token; null: none was sent */
            name: string | null;
            /**
             * @description Role of the caller; null: none
             * @enum {string|null}
             */
            role: "viewer" | "operator" | "admin" | null;
        };
        /**
         * Statuses
         * @description Answers since start; aborted: the client disconnected first
         */
        Statuses: {
            "1xx": number;
            "2xx": number;
            "3xx": number;
            "4xx": number;
            "5xx": number;
            aborted: number;
        };
        /** Traffic thread */
        Thread: {
            connections: number;
            index: number;
            /** @description Closed without an answer since start, because of a limit or their PROXY header */
            refused_connections: number;
            restarts: number;
            /** @description Version of its current configuration */
            snapshot: number;
            /** @enum {string} */
            state: "starting" | "running" | "stopping" | "dead";
            /** @description Upgraded connections, mostly WebSockets */
            tunnels: number;
        };
        /** Top talkers */
        TopTalkers: {
            items: {
                /** @description Above 0 only with very many clients */
                error: number;
                key: string;
                /** @enum {string} */
                kind: "ip" | "cidr" | "id";
                /** @description May be too low when `error` is above 0 */
                refused: number;
                registered: boolean;
                /** @description Never too low; too high by at most `error` */
                requests: number;
            }[];
            /** @description How far back the counts reach */
            window_seconds: number;
        };
        /** A route before and after a change */
        WatchComparison: {
            after: {
                /** @description Null: another measure, or no requests */
                p95_ms: number | null;
                /** @description That ended */
                requests: number;
                /** @description 0 to 1: failed, without a route, or slower than the p95 may become; null: no requests */
                share: number | null;
            };
            /**
             * @description route: itself before the change; gateway: all routes before it, because the route is new
             * @enum {string}
             */
            against: "route" | "gateway";
            before: {
                /** @description Null: another measure, or no requests */
                p95_ms: number | null;
                /** @description That ended */
                requests: number;
                /** @description 0 to 1: failed, without a route, or slower than the p95 may become; null: no requests */
                share: number | null;
            };
            /** @description 0 to 1: how likely chance alone shows such a rise; null: too few requests, or no rise that matters */
            chance: number | null;
            /** @description It decides at or below this chance */
            limit: number;
            /**
             * @description errors: 5xx, the gateway’s own included, gRPC statuses of a server’s fault, and clients that left before the answer; p95: duration of forwarded requests; unrouted: requests that no route matched
             * @enum {string}
             */
            measure: "errors" | "p95" | "unrouted";
            /** @description Null: all routes with too few requests to be judged alone; of `unrouted`, the gateway */
            route: string | null;
            /**
             * @description unknown: fewer than 50 requests before or after the change
             * @enum {string}
             */
            verdict: "worse" | "same" | "unknown";
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    compatAddServer: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description Ignored */
                    ActiveConns?: number;
                    /** @description Ignored: health checks decide */
                    Healthy?: boolean;
                    /**
                     * @description A string, or an object with Scheme, Host and Path
                     * @example http://10.0.0.1:8081
                     */
                    URL: unknown;
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        status: string;
                    };
                };
            };
            /** @description GW_VALIDATION: The request has invalid fields · GW_BAD_JSON: The body is not valid JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_UNAUTHORIZED: A valid bearer token is required */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_FORBIDDEN: The Host, the Origin or the role of the token is not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_BACKEND_EXISTS: A backend with this id already exists */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_TOO_MANY_ATTEMPTS: Too many wrong tokens from this address */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_INTERNAL: Internal error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_DATABASE_UNAVAILABLE: The database is unavailable; traffic continues, changes are refused */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    compatListBackends: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description All pools */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: {
                            /** @description Whether it gets requests */
                            alive: boolean;
                            connections: number;
                            /** @description 0: no sample */
                            ema_ms: number;
                            enabled: boolean;
                            error_rate: number;
                            id: string;
                            /** @description RFC 3339; null: never */
                            last_checked: string | null;
                            url: string;
                            weight: number;
                        }[];
                        message: string;
                        success: boolean;
                    };
                };
            };
            /** @description GW_UNAUTHORIZED: A valid bearer token is required */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        code: string;
                        error: string;
                        request_id: string;
                        success: boolean;
                    };
                };
            };
            /** @description GW_FORBIDDEN: The Host, the Origin or the role of the token is not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        code: string;
                        error: string;
                        request_id: string;
                        success: boolean;
                    };
                };
            };
            /** @description GW_TOO_MANY_ATTEMPTS: Too many wrong tokens from this address */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        code: string;
                        error: string;
                        request_id: string;
                        success: boolean;
                    };
                };
            };
            /** @description GW_INTERNAL: Internal error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        code: string;
                        error: string;
                        request_id: string;
                        success: boolean;
                    };
                };
            };
        };
    };
    compatReadBackend: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description As in the list, percent-encoded
                 * @example default-127.0.0.1-8081
                 */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The current state */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: {
                            /** @description Whether it gets requests */
                            alive: boolean;
                            connections: number;
                            /** @description 0: no sample */
                            ema_ms: number;
                            enabled: boolean;
                            error_rate: number;
                            id: string;
                            /** @description RFC 3339; null: never */
                            last_checked: string | null;
                            url: string;
                            weight: number;
                        };
                        message: string;
                        success: boolean;
                    };
                };
            };
            /** @description GW_VALIDATION: The request has invalid fields */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        code: string;
                        error: string;
                        request_id: string;
                        success: boolean;
                    };
                };
            };
            /** @description GW_UNAUTHORIZED: A valid bearer token is required */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        code: string;
                        error: string;
                        request_id: string;
                        success: boolean;
                    };
                };
            };
            /** @description GW_FORBIDDEN: The Host, the Origin or the role of the token is not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        code: string;
                        error: string;
                        request_id: string;
                        success: boolean;
                    };
                };
            };
            /** @description GW_BACKEND_NOT_FOUND: Backend not found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        code: string;
                        error: string;
                        request_id: string;
                        success: boolean;
                    };
                };
            };
            /** @description GW_TOO_MANY_ATTEMPTS: Too many wrong tokens from this address */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        code: string;
                        error: string;
                        request_id: string;
                        success: boolean;
                    };
                };
            };
            /** @description GW_INTERNAL: Internal error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        code: string;
                        error: string;
                        request_id: string;
                        success: boolean;
                    };
                };
            };
        };
    };
    compatChangeBackend: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description As in the list, percent-encoded
                 * @example default-127.0.0.1-8081
                 */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "enabled": true,
                 *       "weight": 2
                 *     }
                 */
                "application/json": {
                    enabled?: boolean;
                    weight?: number;
                };
            };
        };
        responses: {
            /** @description The backend, as applied on every thread */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: {
                            /** @description Whether it gets requests */
                            alive: boolean;
                            connections: number;
                            /** @description 0: no sample */
                            ema_ms: number;
                            enabled: boolean;
                            error_rate: number;
                            id: string;
                            /** @description RFC 3339; null: never */
                            last_checked: string | null;
                            url: string;
                            weight: number;
                        };
                        message: string;
                        success: boolean;
                    };
                };
            };
            /** @description GW_VALIDATION: The request has invalid fields */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        code: string;
                        error: string;
                        request_id: string;
                        success: boolean;
                    };
                };
            };
            /** @description GW_UNAUTHORIZED: A valid bearer token is required */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        code: string;
                        error: string;
                        request_id: string;
                        success: boolean;
                    };
                };
            };
            /** @description GW_FORBIDDEN: The Host, the Origin or the role of the token is not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        code: string;
                        error: string;
                        request_id: string;
                        success: boolean;
                    };
                };
            };
            /** @description GW_BACKEND_NOT_FOUND: Backend not found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        code: string;
                        error: string;
                        request_id: string;
                        success: boolean;
                    };
                };
            };
            /** @description GW_UNSUPPORTED_MEDIA_TYPE: Unsupported content type; send application/json */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        code: string;
                        error: string;
                        request_id: string;
                        success: boolean;
                    };
                };
            };
            /** @description GW_TOO_MANY_ATTEMPTS: Too many wrong tokens from this address */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        code: string;
                        error: string;
                        request_id: string;
                        success: boolean;
                    };
                };
            };
            /** @description GW_INTERNAL: Internal error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        code: string;
                        error: string;
                        request_id: string;
                        success: boolean;
                    };
                };
            };
            /** @description GW_DATABASE_UNAVAILABLE: The database is unavailable; traffic continues, changes are refused */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        code: string;
                        error: string;
                        request_id: string;
                        success: boolean;
                    };
                };
            };
        };
    };
    compatActOnBackend: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description As in the list, percent-encoded
                 * @example default-127.0.0.1-8081
                 */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    action: string;
                };
            };
        };
        responses: {
            /** @description The backend, as applied on every thread */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: {
                            /** @description Whether it gets requests */
                            alive: boolean;
                            connections: number;
                            /** @description 0: no sample */
                            ema_ms: number;
                            enabled: boolean;
                            error_rate: number;
                            id: string;
                            /** @description RFC 3339; null: never */
                            last_checked: string | null;
                            url: string;
                            weight: number;
                        };
                        message: string;
                        success: boolean;
                    };
                };
            };
            /** @description GW_VALIDATION: The request has invalid fields */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        code: string;
                        error: string;
                        request_id: string;
                        success: boolean;
                    };
                };
            };
            /** @description GW_UNAUTHORIZED: A valid bearer token is required */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        code: string;
                        error: string;
                        request_id: string;
                        success: boolean;
                    };
                };
            };
            /** @description GW_FORBIDDEN: The Host, the Origin or the role of the token is not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        code: string;
                        error: string;
                        request_id: string;
                        success: boolean;
                    };
                };
            };
            /** @description GW_BACKEND_NOT_FOUND: Backend not found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        code: string;
                        error: string;
                        request_id: string;
                        success: boolean;
                    };
                };
            };
            /** @description GW_UNSUPPORTED_MEDIA_TYPE: Unsupported content type; send application/json */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        code: string;
                        error: string;
                        request_id: string;
                        success: boolean;
                    };
                };
            };
            /** @description GW_TOO_MANY_ATTEMPTS: Too many wrong tokens from this address */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        code: string;
                        error: string;
                        request_id: string;
                        success: boolean;
                    };
                };
            };
            /** @description GW_INTERNAL: Internal error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        code: string;
                        error: string;
                        request_id: string;
                        success: boolean;
                    };
                };
            };
            /** @description GW_DATABASE_UNAVAILABLE: The database is unavailable; traffic continues, changes are refused */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        code: string;
                        error: string;
                        request_id: string;
                        success: boolean;
                    };
                };
            };
        };
    };
    compatListCircuits: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description By URL, or by id if several pools have the same URL */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: {
                            [key: string]: {
                                error_rate: number;
                                failure_count: number;
                                half_open_calls: number;
                                /** @description RFC 3339; null: never */
                                last_fail_time: string | null;
                                /** @description RFC 3339; null: never */
                                last_failure_time: string | null;
                                /** @description RFC 3339; null: never */
                                next_attempt: string | null;
                                /** @description CLOSED, OPEN or HALF_OPEN */
                                state: string;
                                success_count: number;
                                total_calls: number;
                            };
                        };
                        message: string;
                        success: boolean;
                    };
                };
            };
            /** @description GW_UNAUTHORIZED: A valid bearer token is required */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        code: string;
                        error: string;
                        request_id: string;
                        success: boolean;
                    };
                };
            };
            /** @description GW_FORBIDDEN: The Host, the Origin or the role of the token is not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        code: string;
                        error: string;
                        request_id: string;
                        success: boolean;
                    };
                };
            };
            /** @description GW_TOO_MANY_ATTEMPTS: Too many wrong tokens from this address */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        code: string;
                        error: string;
                        request_id: string;
                        success: boolean;
                    };
                };
            };
            /** @description GW_INTERNAL: Internal error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        code: string;
                        error: string;
                        request_id: string;
                        success: boolean;
                    };
                };
            };
        };
    };
    compatResetCircuit: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id or URL, percent-encoded
                 * @example default-127.0.0.1-8081
                 */
                backend: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The circuit, now closed */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: {
                            error_rate: number;
                            failure_count: number;
                            half_open_calls: number;
                            /** @description RFC 3339; null: never */
                            last_fail_time: string | null;
                            /** @description RFC 3339; null: never */
                            last_failure_time: string | null;
                            /** @description RFC 3339; null: never */
                            next_attempt: string | null;
                            /** @description CLOSED, OPEN or HALF_OPEN */
                            state: string;
                            success_count: number;
                            total_calls: number;
                        };
                        message: string;
                        success: boolean;
                    };
                };
            };
            /** @description GW_VALIDATION: The request has invalid fields */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        code: string;
                        error: string;
                        request_id: string;
                        success: boolean;
                    };
                };
            };
            /** @description GW_UNAUTHORIZED: A valid bearer token is required */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        code: string;
                        error: string;
                        request_id: string;
                        success: boolean;
                    };
                };
            };
            /** @description GW_FORBIDDEN: The Host, the Origin or the role of the token is not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        code: string;
                        error: string;
                        request_id: string;
                        success: boolean;
                    };
                };
            };
            /** @description GW_BACKEND_NOT_FOUND: Backend not found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        code: string;
                        error: string;
                        request_id: string;
                        success: boolean;
                    };
                };
            };
            /** @description GW_TOO_MANY_ATTEMPTS: Too many wrong tokens from this address */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        code: string;
                        error: string;
                        request_id: string;
                        success: boolean;
                    };
                };
            };
            /** @description GW_INTERNAL: Internal error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        code: string;
                        error: string;
                        request_id: string;
                        success: boolean;
                    };
                };
            };
        };
    };
    compatReadConfig: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description In the shape of the file, with all defaults */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: {
                            [key: string]: unknown;
                        };
                        message: string;
                        success: boolean;
                    };
                };
            };
            /** @description GW_UNAUTHORIZED: A valid bearer token is required */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        code: string;
                        error: string;
                        request_id: string;
                        success: boolean;
                    };
                };
            };
            /** @description GW_FORBIDDEN: The Host, the Origin or the role of the token is not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        code: string;
                        error: string;
                        request_id: string;
                        success: boolean;
                    };
                };
            };
            /** @description GW_TOO_MANY_ATTEMPTS: Too many wrong tokens from this address */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        code: string;
                        error: string;
                        request_id: string;
                        success: boolean;
                    };
                };
            };
            /** @description GW_INTERNAL: Internal error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        code: string;
                        error: string;
                        request_id: string;
                        success: boolean;
                    };
                };
            };
        };
    };
    compatReadHealth: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description How many get requests */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        alive_backends: number;
                        data: {
                            alive_backends: number;
                            open_breakers: number;
                            /** @description healthy, degraded (some are not alive) or unhealthy (none is alive) */
                            status: string;
                            timestamp: string;
                            total_backends: number;
                        };
                        message: string;
                        open_breakers: number;
                        /** @description healthy, degraded (some are not alive) or unhealthy (none is alive) */
                        status: string;
                        success: boolean;
                        timestamp: string;
                        total_backends: number;
                    };
                };
            };
            /** @description GW_UNAUTHORIZED: A valid bearer token is required */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        code: string;
                        error: string;
                        request_id: string;
                        success: boolean;
                    };
                };
            };
            /** @description GW_FORBIDDEN: The Host, the Origin or the role of the token is not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        code: string;
                        error: string;
                        request_id: string;
                        success: boolean;
                    };
                };
            };
            /** @description GW_TOO_MANY_ATTEMPTS: Too many wrong tokens from this address */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        code: string;
                        error: string;
                        request_id: string;
                        success: boolean;
                    };
                };
            };
            /** @description GW_INTERNAL: Internal error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        code: string;
                        error: string;
                        request_id: string;
                        success: boolean;
                    };
                };
            };
        };
    };
    compatReadMetrics: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The current state */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: {
                            active_backends: number;
                            algorithm: string;
                            /** @description Milliseconds; mean of the backends, weighted by requests */
                            avg_response_time: number;
                            backends: {
                                /** @description Whether it gets requests */
                                alive: boolean;
                                connections: number;
                                /** @description 0: no sample */
                                ema_ms: number;
                                enabled: boolean;
                                error_rate: number;
                                id: string;
                                /** @description RFC 3339; null: never */
                                last_checked: string | null;
                                url: string;
                                weight: number;
                            }[];
                            requests_per_minute: number;
                            total_requests: number;
                        };
                        message: string;
                        success: boolean;
                    };
                };
            };
            /** @description GW_UNAUTHORIZED: A valid bearer token is required */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        code: string;
                        error: string;
                        request_id: string;
                        success: boolean;
                    };
                };
            };
            /** @description GW_FORBIDDEN: The Host, the Origin or the role of the token is not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        code: string;
                        error: string;
                        request_id: string;
                        success: boolean;
                    };
                };
            };
            /** @description GW_TOO_MANY_ATTEMPTS: Too many wrong tokens from this address */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        code: string;
                        error: string;
                        request_id: string;
                        success: boolean;
                    };
                };
            };
            /** @description GW_INTERNAL: Internal error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        code: string;
                        error: string;
                        request_id: string;
                        success: boolean;
                    };
                };
            };
        };
    };
    compatReadLimiter: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The current state */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: {
                            active_ips: number;
                            enabled: boolean;
                            /** @description 0: none */
                            global_limit: number;
                            /** @description 0: none */
                            global_tokens: number;
                            per_ip_limit: number;
                            type: string;
                        };
                        message: string;
                        status: string;
                        success: boolean;
                    };
                };
            };
            /** @description GW_UNAUTHORIZED: A valid bearer token is required */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        code: string;
                        error: string;
                        request_id: string;
                        success: boolean;
                    };
                };
            };
            /** @description GW_FORBIDDEN: The Host, the Origin or the role of the token is not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        code: string;
                        error: string;
                        request_id: string;
                        success: boolean;
                    };
                };
            };
            /** @description GW_TOO_MANY_ATTEMPTS: Too many wrong tokens from this address */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        code: string;
                        error: string;
                        request_id: string;
                        success: boolean;
                    };
                };
            };
            /** @description GW_INTERNAL: Internal error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        code: string;
                        error: string;
                        request_id: string;
                        success: boolean;
                    };
                };
            };
        };
    };
    compatChangeClient: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "capacity": 20,
                 *       "id": "older-app",
                 *       "refill_rate": 5
                 *     }
                 */
                "application/json": {
                    capacity: number;
                    /** @description Default: X-Client-ID, otherwise the caller’s IP address */
                    id?: string;
                    refill_rate: number;
                };
            };
        };
        responses: {
            /** @description The current settings */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        capacity: number;
                        id: string;
                        refill_rate: number;
                    };
                };
            };
            /** @description GW_VALIDATION: The request has invalid fields */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_UNAUTHORIZED: A valid bearer token is required */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_FORBIDDEN: The Host, the Origin or the role of the token is not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_CLIENT_NOT_FOUND: Client not found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_TOO_MANY_ATTEMPTS: Too many wrong tokens from this address */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_INTERNAL: Internal error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_DATABASE_UNAVAILABLE: The database is unavailable; traffic continues, changes are refused */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    compatCreateClient: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "capacity": 20,
                 *       "id": "older-app",
                 *       "refill_rate": 5
                 *     }
                 */
                "application/json": {
                    capacity: number;
                    /** @description Default: X-Client-ID, otherwise the caller’s IP address */
                    id?: string;
                    refill_rate: number;
                };
            };
        };
        responses: {
            /** @description The current settings */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        capacity: number;
                        id: string;
                        refill_rate: number;
                    };
                };
            };
            /** @description GW_VALIDATION: The request has invalid fields · GW_BAD_JSON: The body is not valid JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_UNAUTHORIZED: A valid bearer token is required */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_FORBIDDEN: The Host, the Origin or the role of the token is not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_CLIENT_EXISTS: A client with this key already exists */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_TOO_MANY_ATTEMPTS: Too many wrong tokens from this address */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_INTERNAL: Internal error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_DATABASE_UNAVAILABLE: The database is unavailable; traffic continues, changes are refused */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    compatReadClient: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id or IP address of the client
                 * @example older-app
                 */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The current settings */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        capacity: number;
                        id: string;
                        refill_rate: number;
                    };
                };
            };
            /** @description GW_VALIDATION: The request has invalid fields */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_UNAUTHORIZED: A valid bearer token is required */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_FORBIDDEN: The Host, the Origin or the role of the token is not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_CLIENT_NOT_FOUND: Client not found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_TOO_MANY_ATTEMPTS: Too many wrong tokens from this address */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_INTERNAL: Internal error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_DATABASE_UNAVAILABLE: The database is unavailable; traffic continues, changes are refused */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    compatDeleteClient: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id or IP address of the client
                 * @example older-app
                 */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Deleted */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        message: string;
                    };
                };
            };
            /** @description GW_VALIDATION: The request has invalid fields */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_UNAUTHORIZED: A valid bearer token is required */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_FORBIDDEN: The Host, the Origin or the role of the token is not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_CLIENT_NOT_FOUND: Client not found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_TOO_MANY_ATTEMPTS: Too many wrong tokens from this address */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_INTERNAL: Internal error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_DATABASE_UNAVAILABLE: The database is unavailable; traffic continues, changes are refused */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    compatListClients: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description By key */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        capacity: number;
                        client_id: string;
                        rate_per_sec: number;
                    }[];
                };
            };
            /** @description GW_UNAUTHORIZED: A valid bearer token is required */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_FORBIDDEN: The Host, the Origin or the role of the token is not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_TOO_MANY_ATTEMPTS: Too many wrong tokens from this address */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_INTERNAL: Internal error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_DATABASE_UNAVAILABLE: The database is unavailable; traffic continues, changes are refused */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    compatCreateNamedClient: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "capacity": 20,
                 *       "client_id": "oldest-app",
                 *       "rate_per_sec": 5
                 *     }
                 */
                "application/json": {
                    capacity: number;
                    client_id: string;
                    rate_per_sec: number;
                };
            };
        };
        responses: {
            /** @description The current settings */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        capacity: number;
                        client_id: string;
                        rate_per_sec: number;
                    };
                };
            };
            /** @description GW_VALIDATION: The request has invalid fields · GW_BAD_JSON: The body is not valid JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_UNAUTHORIZED: A valid bearer token is required */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_FORBIDDEN: The Host, the Origin or the role of the token is not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_CLIENT_EXISTS: A client with this key already exists */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_TOO_MANY_ATTEMPTS: Too many wrong tokens from this address */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_INTERNAL: Internal error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_DATABASE_UNAVAILABLE: The database is unavailable; traffic continues, changes are refused */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    compatHealth: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": string;
                };
            };
            /** @description GW_FORBIDDEN: The Host, the Origin or the role of the token is not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    compatListServers: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Of all pools */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        ActiveConns: number;
                        Healthy: boolean;
                        /** @description The same as URL, as a string */
                        url: string;
                        URL: {
                            ForceQuery: boolean;
                            Fragment: string;
                            Host: string;
                            OmitHost: boolean;
                            Opaque: string;
                            Path: string;
                            RawFragment: string;
                            RawPath: string;
                            RawQuery: string;
                            Scheme: string;
                            User: null;
                        };
                    }[];
                };
            };
            /** @description GW_UNAUTHORIZED: A valid bearer token is required */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_FORBIDDEN: The Host, the Origin or the role of the token is not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_TOO_MANY_ATTEMPTS: Too many wrong tokens from this address */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_INTERNAL: Internal error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getLiveness: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The process runs */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        status: "ok";
                    };
                };
            };
        };
    };
    getPrometheusMetrics: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Version 0.0.4 of the format, regardless of Accept */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": string;
                };
            };
            /** @description GW_UNAUTHORIZED: A valid bearer token is required */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_FORBIDDEN: The Host, the Origin or the role of the token is not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_TOO_MANY_ATTEMPTS: Too many wrong tokens from this address */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_INTERNAL: Internal error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    compatWatchBackends: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Messages follow */
            101: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description GW_UNAUTHORIZED: A valid bearer token is required */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_FORBIDDEN: The Host, the Origin or the role of the token is not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_NOT_FOUND: Not found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_TOO_MANY_ATTEMPTS: Too many wrong tokens from this address */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_INTERNAL: Internal error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_TOO_MANY_STREAMS: Too many clients are watching the metrics; try again later */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    compatPing: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description pong */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": string;
                };
            };
            /** @description GW_FORBIDDEN: The Host, the Origin or the role of the token is not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getReadiness: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Ready for traffic */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        status: "ready";
                    };
                };
            };
            /** @description Starting, stopping, or unable to serve */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        reasons: string[];
                        /** @enum {string} */
                        status: "not_ready";
                    };
                };
            };
        };
    };
    compatRemoveServer: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description Ignored */
                    ActiveConns?: number;
                    /** @description Ignored: health checks decide */
                    Healthy?: boolean;
                    /**
                     * @description A string, or an object with Scheme, Host and Path
                     * @example http://10.0.0.1:8081
                     */
                    URL: unknown;
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        status: string;
                    };
                };
            };
            /** @description GW_VALIDATION: The request has invalid fields · GW_BAD_JSON: The body is not valid JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_UNAUTHORIZED: A valid bearer token is required */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_FORBIDDEN: The Host, the Origin or the role of the token is not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_BACKEND_NOT_FOUND: Backend not found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_TOO_MANY_ATTEMPTS: Too many wrong tokens from this address */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_INTERNAL: Internal error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_DATABASE_UNAVAILABLE: The database is unavailable; traffic continues, changes are refused */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    rolloverAccountKey: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Its name in the configuration
                 * @example letsencrypt
                 */
                issuer: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It has a new key */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description URL of the account at the authority */
                        account: string;
                        issuer: string;
                    };
                };
            };
            /** @description GW_UNAUTHORIZED: A valid bearer token is required */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_FORBIDDEN: The Host, the Origin or the role of the token is not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_NOT_FOUND: Not found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_ACME_BUSY: A certificate is being ordered; try again when that has ended */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_TOO_MANY_ATTEMPTS: Too many wrong tokens from this address */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_INTERNAL: Internal error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_ACME_FAILED: The certificate authority refused, or did not answer */
            502: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_DATABASE_UNAVAILABLE: The database is unavailable; traffic continues, changes are refused */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    listAudit: {
        parameters: {
            query?: {
                /** @description `operationId` of a call in this document */
                action?: string;
                /** @description Name of a token */
                actor?: string;
                /** @description `next` of the page before */
                before?: number;
                /** @description Name of a gateway: `fleet.name` */
                gateway?: string;
                /** @description Most entries of a page */
                limit?: number;
                /** @description Only entries since this time */
                since?: string;
                /** @description Key of a client, id of a backend */
                target?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of the audit log */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description The newest first */
                        items: components["schemas"]["AuditEntry"][];
                        /** @description `before` of the next page; null: this is the last page */
                        next: number | null;
                    };
                };
            };
            /** @description GW_VALIDATION: The request has invalid fields */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_UNAUTHORIZED: A valid bearer token is required */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_FORBIDDEN: The Host, the Origin or the role of the token is not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_TOO_MANY_ATTEMPTS: Too many wrong tokens from this address */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_INTERNAL: Internal error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_DATABASE_UNAVAILABLE: The database is unavailable; traffic continues, changes are refused */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    listBackends: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description All pools */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Backend"][];
                };
            };
            /** @description GW_UNAUTHORIZED: A valid bearer token is required */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_FORBIDDEN: The Host, the Origin or the role of the token is not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_TOO_MANY_ATTEMPTS: Too many wrong tokens from this address */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_INTERNAL: Internal error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    createBackend: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /**
                     * @description Gets requests only while no other backend of the pool is available
                     * @default false
                     */
                    backup?: boolean;
                    /**
                     * @description False: gets no traffic and no health checks
                     * @default true
                     */
                    enabled?: boolean;
                    /**
                     * Format: backend-id
                     * @description Default: derived from pool, host, port and path
                     */
                    id?: string;
                    /**
                     * @description Limit of requests in flight, across all threads
                     * @default null
                     */
                    max_in_flight?: number | null;
                    /** @description Name of a pool of the configuration */
                    pool: string;
                    /**
                     * Format: backend-url
                     * @description As in the file: scheme, host, port, and optionally a base path
                     * @example http://10.0.0.3:8081
                     * @example h2c://10.0.0.3:50051
                     */
                    url: string;
                    /**
                     * @description Share of the pool’s traffic
                     * @default 1
                     */
                    weight?: number;
                };
            };
        };
        responses: {
            /** @description The backend, as applied on every thread */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Backend"];
                };
            };
            /** @description GW_VALIDATION: The request has invalid fields · GW_BAD_JSON: The body is not valid JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_UNAUTHORIZED: A valid bearer token is required */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_FORBIDDEN: The Host, the Origin or the role of the token is not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_BACKEND_EXISTS: A backend with this id already exists */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_BODY_TOO_LARGE: The body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_UNSUPPORTED_MEDIA_TYPE: Unsupported content type; send application/json */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_TOO_MANY_ATTEMPTS: Too many wrong tokens from this address */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_INTERNAL: Internal error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_DATABASE_UNAVAILABLE: The database is unavailable; traffic continues, changes are refused */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getBackend: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description As in the list, percent-encoded
                 * @example default-127.0.0.1-8081
                 */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The current state */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Backend"];
                };
            };
            /** @description GW_UNAUTHORIZED: A valid bearer token is required */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_FORBIDDEN: The Host, the Origin or the role of the token is not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_BACKEND_NOT_FOUND: Backend not found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_TOO_MANY_ATTEMPTS: Too many wrong tokens from this address */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_INTERNAL: Internal error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    replaceBackend: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description As in the list, percent-encoded
                 * @example default-127.0.0.1-8081
                 */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "max_in_flight": 100,
                 *       "pool": "default",
                 *       "weight": 2
                 *     }
                 */
                "application/json": {
                    /** @description Accepted and ignored */
                    readonly adaptive?: unknown;
                    /** @description Accepted and ignored */
                    readonly addresses?: unknown;
                    /** @description Accepted and ignored */
                    readonly addresses_down?: unknown;
                    /** @description Accepted and ignored */
                    readonly alive?: unknown;
                    /** @description Accepted and ignored */
                    readonly available?: unknown;
                    /** @description Gets requests only while no other backend of the pool is available */
                    backup?: boolean;
                    /** @description Accepted and ignored */
                    readonly circuit?: unknown;
                    /** @description Accepted and ignored */
                    readonly circuit_forced_until?: unknown;
                    /** @description Accepted and ignored */
                    readonly connections?: unknown;
                    /** @description Accepted and ignored */
                    readonly drained?: unknown;
                    /** @description Accepted and ignored */
                    readonly draining?: unknown;
                    /** @description Accepted and ignored */
                    readonly effective_weight?: unknown;
                    /** @description Accepted and ignored */
                    readonly ema_ms?: unknown;
                    /** @description False: gets no traffic and no health checks */
                    enabled?: boolean;
                    /** @description Accepted and ignored */
                    readonly error_rate?: unknown;
                    /** @description Accepted and ignored */
                    readonly failures_total?: unknown;
                    /** @description Accepted and ignored */
                    readonly file?: unknown;
                    /** @description Accepted and ignored */
                    readonly healthy?: unknown;
                    /** @description Accepted and ignored */
                    readonly hint?: unknown;
                    /** @description Accepted if unchanged */
                    readonly id?: string;
                    /** @description Accepted and ignored */
                    readonly in_flight?: unknown;
                    /** @description Accepted and ignored */
                    readonly last_checked?: unknown;
                    /** @description Accepted and ignored */
                    readonly last_error?: unknown;
                    /** @description Limit of requests in flight, across all threads */
                    max_in_flight?: number | null;
                    /** @description Accepted if unchanged */
                    readonly opaque_id?: string;
                    /** @description Accepted and ignored */
                    readonly overrides?: unknown;
                    /** @description Accepted and ignored */
                    readonly p50?: unknown;
                    /** @description Accepted and ignored */
                    readonly p95?: unknown;
                    /** @description Accepted and ignored */
                    readonly p99?: unknown;
                    /** @description Name of a pool of the configuration */
                    pool: string;
                    /** @description Accepted and ignored */
                    readonly probes?: unknown;
                    /** @description Accepted and ignored */
                    readonly reason?: unknown;
                    /** @description Accepted and ignored */
                    readonly region?: unknown;
                    /** @description Accepted and ignored */
                    readonly requests_total?: unknown;
                    /** @description Accepted and ignored */
                    readonly resolution?: unknown;
                    /** @description Accepted and ignored */
                    readonly slow_start?: unknown;
                    /** @description Accepted and ignored */
                    readonly source?: unknown;
                    /** @description Accepted and ignored */
                    readonly state?: unknown;
                    /** @description Accepted and ignored */
                    readonly state_reason?: unknown;
                    /** @description Accepted and ignored */
                    readonly state_since?: unknown;
                    /** @description Accepted if unchanged */
                    readonly url?: string;
                    /** @description Accepted and ignored */
                    readonly version?: unknown;
                    /** @description Share of the pool’s traffic */
                    weight?: number;
                    /** @description Accepted and ignored */
                    readonly zone?: unknown;
                };
            };
        };
        responses: {
            /** @description The backend, as applied on every thread */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Backend"];
                };
            };
            /** @description GW_VALIDATION: The request has invalid fields · GW_BAD_JSON: The body is not valid JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_UNAUTHORIZED: A valid bearer token is required */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_FORBIDDEN: The Host, the Origin or the role of the token is not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_BACKEND_NOT_FOUND: Backend not found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_BACKEND_EXISTS: A backend with this id already exists */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_PRECONDITION_FAILED: Version mismatch: the resource has changed since you read it */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_BODY_TOO_LARGE: The body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_UNSUPPORTED_MEDIA_TYPE: Unsupported content type; send application/json */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_TOO_MANY_ATTEMPTS: Too many wrong tokens from this address */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_INTERNAL: Internal error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_DATABASE_UNAVAILABLE: The database is unavailable; traffic continues, changes are refused */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    deleteBackend: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description As in the list, percent-encoded
                 * @example default-127.0.0.1-8081
                 */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Removed; one from the file has its file values again */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description GW_BAD_REQUEST: The request is malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_UNAUTHORIZED: A valid bearer token is required */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_FORBIDDEN: The Host, the Origin or the role of the token is not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_BACKEND_NOT_FOUND: Backend not found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_BACKEND_EXISTS: A backend with this id already exists · GW_BACKEND_IN_FILE: The backend is in the configuration file; remove it there, or disable it */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_PRECONDITION_FAILED: Version mismatch: the resource has changed since you read it */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_TOO_MANY_ATTEMPTS: Too many wrong tokens from this address */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_INTERNAL: Internal error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_DATABASE_UNAVAILABLE: The database is unavailable; traffic continues, changes are refused */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    changeBackend: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description As in the list, percent-encoded
                 * @example default-127.0.0.1-8081
                 */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description Gets requests only while no other backend of the pool is available */
                    backup?: boolean | null;
                    /** @description False: gets no traffic and no health checks */
                    enabled?: boolean | null;
                    /** @description Limit of requests in flight, across all threads */
                    max_in_flight?: number | null;
                    /** @description Name of a pool of the configuration */
                    pool?: string | null;
                    /** @description Share of the pool’s traffic */
                    weight?: number | null;
                };
            };
        };
        responses: {
            /** @description The backend, as applied on every thread */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Backend"];
                };
            };
            /** @description GW_VALIDATION: The request has invalid fields · GW_BAD_JSON: The body is not valid JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_UNAUTHORIZED: A valid bearer token is required */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_FORBIDDEN: The Host, the Origin or the role of the token is not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_BACKEND_NOT_FOUND: Backend not found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_BACKEND_EXISTS: A backend with this id already exists */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_PRECONDITION_FAILED: Version mismatch: the resource has changed since you read it */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_BODY_TOO_LARGE: The body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_UNSUPPORTED_MEDIA_TYPE: Unsupported content type; send application/json */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_TOO_MANY_ATTEMPTS: Too many wrong tokens from this address */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_INTERNAL: Internal error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_DATABASE_UNAVAILABLE: The database is unavailable; traffic continues, changes are refused */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    disableBackend: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description As in the list, percent-encoded
                 * @example default-127.0.0.1-8081
                 */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The backend, as applied on every thread */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Backend"];
                };
            };
            /** @description GW_BAD_REQUEST: The request is malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_UNAUTHORIZED: A valid bearer token is required */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_FORBIDDEN: The Host, the Origin or the role of the token is not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_BACKEND_NOT_FOUND: Backend not found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_PRECONDITION_FAILED: Version mismatch: the resource has changed since you read it */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_TOO_MANY_ATTEMPTS: Too many wrong tokens from this address */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_INTERNAL: Internal error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_DATABASE_UNAVAILABLE: The database is unavailable; traffic continues, changes are refused */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    drainBackend: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description As in the list, percent-encoded
                 * @example default-127.0.0.1-8081
                 */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The backend, as applied on every thread */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Backend"];
                };
            };
            /** @description GW_BAD_REQUEST: The request is malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_UNAUTHORIZED: A valid bearer token is required */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_FORBIDDEN: The Host, the Origin or the role of the token is not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_BACKEND_NOT_FOUND: Backend not found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_PRECONDITION_FAILED: Version mismatch: the resource has changed since you read it */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_TOO_MANY_ATTEMPTS: Too many wrong tokens from this address */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_INTERNAL: Internal error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_DATABASE_UNAVAILABLE: The database is unavailable; traffic continues, changes are refused */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    enableBackend: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description As in the list, percent-encoded
                 * @example default-127.0.0.1-8081
                 */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The backend, as applied on every thread */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Backend"];
                };
            };
            /** @description GW_BAD_REQUEST: The request is malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_UNAUTHORIZED: A valid bearer token is required */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_FORBIDDEN: The Host, the Origin or the role of the token is not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_BACKEND_NOT_FOUND: Backend not found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_PRECONDITION_FAILED: Version mismatch: the resource has changed since you read it */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_TOO_MANY_ATTEMPTS: Too many wrong tokens from this address */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_INTERNAL: Internal error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_DATABASE_UNAVAILABLE: The database is unavailable; traffic continues, changes are refused */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getBackendHistory: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description As in the list, percent-encoded
                 * @example default-127.0.0.1-8081
                 */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The last hundred, newest first */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["BackendChange"][];
                    };
                };
            };
            /** @description GW_UNAUTHORIZED: A valid bearer token is required */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_FORBIDDEN: The Host, the Origin or the role of the token is not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_BACKEND_NOT_FOUND: Backend not found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_TOO_MANY_ATTEMPTS: Too many wrong tokens from this address */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_INTERNAL: Internal error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getBackendMetricsHistory: {
        parameters: {
            query?: {
                /** @description 60s, the default: one point per second; 1h: one every ten seconds */
                span?: "60s" | "1h";
            };
            header?: never;
            path: {
                /**
                 * @description As in the list, percent-encoded
                 * @example default-127.0.0.1-8081
                 */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The points in memory */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["History"];
                };
            };
            /** @description GW_VALIDATION: The request has invalid fields */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_UNAUTHORIZED: A valid bearer token is required */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_FORBIDDEN: The Host, the Origin or the role of the token is not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_BACKEND_NOT_FOUND: Backend not found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_TOO_MANY_ATTEMPTS: Too many wrong tokens from this address */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_INTERNAL: Internal error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    resetBackendMetrics: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description As in the list, percent-encoded
                 * @example default-127.0.0.1-8081
                 */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The backend, as applied on every thread */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Backend"];
                };
            };
            /** @description GW_UNAUTHORIZED: A valid bearer token is required */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_FORBIDDEN: The Host, the Origin or the role of the token is not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_BACKEND_NOT_FOUND: Backend not found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_TOO_MANY_ATTEMPTS: Too many wrong tokens from this address */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_INTERNAL: Internal error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    undrainBackend: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description As in the list, percent-encoded
                 * @example default-127.0.0.1-8081
                 */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The backend, as applied on every thread */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Backend"];
                };
            };
            /** @description GW_BAD_REQUEST: The request is malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_UNAUTHORIZED: A valid bearer token is required */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_FORBIDDEN: The Host, the Origin or the role of the token is not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_BACKEND_NOT_FOUND: Backend not found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_PRECONDITION_FAILED: Version mismatch: the resource has changed since you read it */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_TOO_MANY_ATTEMPTS: Too many wrong tokens from this address */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_INTERNAL: Internal error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_DATABASE_UNAVAILABLE: The database is unavailable; traffic continues, changes are refused */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    purgeCache: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** @description All that is given must apply */
        requestBody: {
            content: {
                "application/json": {
                    /** @description As clients send it, with its port if that is not the default one. Default: all hosts */
                    host?: string;
                    /** @description As clients send it, without the query: answers for all queries are removed. Default: all paths */
                    path?: string;
                    /**
                     * @description Also all paths that begin with these characters
                     * @default false
                     */
                    prefix?: boolean;
                    /** @description Name. Default: all routes */
                    route?: string;
                };
            };
        };
        responses: {
            /** @description How many were removed */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description Stored answers; one that several threads have counts once for each */
                        removed: number;
                    };
                };
            };
            /** @description GW_VALIDATION: The request has invalid fields · GW_BAD_JSON: The body is not valid JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_UNAUTHORIZED: A valid bearer token is required */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_FORBIDDEN: The Host, the Origin or the role of the token is not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_BODY_TOO_LARGE: The body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_UNSUPPORTED_MEDIA_TYPE: Unsupported content type; send application/json */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_TOO_MANY_ATTEMPTS: Too many wrong tokens from this address */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_INTERNAL: Internal error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    listCertificates: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description In the order of the configuration, then those from authorities and uploaded ones; empty without `tls` */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["Certificate"][];
                    };
                };
            };
            /** @description GW_UNAUTHORIZED: A valid bearer token is required */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_FORBIDDEN: The Host, the Origin or the role of the token is not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_TOO_MANY_ATTEMPTS: Too many wrong tokens from this address */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_INTERNAL: Internal error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    uploadCertificate: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "cert_pem": "-----BEGIN CERTIFICATE-----\nMIIBpzCCAU2gAwIBAgIUcp/bCPs5L6WuEhY0IqWtKjgiCqcwCgYIKoZIzj0EAwIw\nGjEYMBYGA1UEAwwPd3d3LmV4YW1wbGUuY29tMCAXDTI2MTIwMTE2MTYzOVoYDzIx\nMjYxMTA3MTYxNjM5WjAaMRgwFgYDVQQDDA93d3cuZXhhbXBsZS5jb20wWTATBgcq\nhkjOPQIBBggqhkjOPQMBBwNCAASakYKYPNyIElraTmQbq9m8cKyg/zqBk49GUcSh\nP5qfPxuKH3pXcqqr0Wi6vCWHM1PryL3zsGpcgAdVptuRx26ao28wbTAdBgNVHQ4E\nFgQU9SSq6CCbneN1Uy3Hccwmq+47IVMwHwYDVR0jBBgwFoAU9SSq6CCbneN1Uy3H\nccwmq+47IVMwDwYDVR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgg93d3cuZXhhbXBs\nZS5jb20wCgYIKoZIzj0EAwIDSAAwRQIgGXpwvdBKgDCexgcJnfyTIcXKfdWf/qaC\nQMFZET7HLIYCIQCWjbvDdHy/6mUqrk+EhFoeYOh/u64rDDoPCTqZRWVThw==\n-----END CERTIFICATE-----\n",
                 *       "key_pem": "-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgB5XCmvicvaqioChC\nqIbOY34iwiqGeTkj8tkwPpVj0uahRANCAASakYKYPNyIElraTmQbq9m8cKyg/zqB\nk49GUcShP5qfPxuKH3pXcqqr0Wi6vCWHM1PryL3zsGpcgAdVptuRx26a\n-----END PRIVATE KEY-----\n"
                 *     }
                 */
                "application/json": {
                    /** @description PEM: the certificate, then its intermediates */
                    cert_pem: string;
                    /** @description Names it is served for. Default: all names in the certificate */
                    hosts?: string[];
                    /** @description PEM: its private key, without a passphrase; it is in no answer */
                    key_pem: string;
                };
            };
        };
        responses: {
            /** @description It is served by all threads */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description Whole days; negative: expired */
                        days_left: number | null;
                        /** @description Why it is not served as it is on disk or stored, or why none could be ordered; null: nothing is wrong */
                        error: string | null;
                        /** @description `cert_file` in the configuration; null: it is in no file */
                        file: string | null;
                        /** @description Hex with colons */
                        fingerprint_sha256: string | null;
                        /** @description It is served for these */
                        hosts: string[];
                        /** @description To renew or remove it; null: it is in a file, or internal */
                        id: string | null;
                        /** @description Null, as all that is known from a certificate: there is none yet */
                        issuer: string | null;
                        /**
                         * Format: date-time
                         * @description When a client last asked for one on demand, within hours; null: of another
                         */
                        last_used: string | null;
                        /**
                         * Format: date-time
                         * @description When it is ordered or renewed; null: not by the gateway
                         */
                        next_attempt: string | null;
                        /** Format: date-time */
                        not_after: string | null;
                        /** Format: date-time */
                        not_before: string | null;
                        /** @description Hex */
                        serial: string | null;
                        /** @enum {string} */
                        source: "file" | "internal" | "acme" | "uploaded" | "on_demand";
                        /**
                         * @description expiring: in the last sixth of its life; pending: there is none yet
                         * @enum {string}
                         */
                        state: "pending" | "ok" | "expiring" | "expired" | "not_yet_valid";
                        /** @description Of an uploaded one, for If-Match; null: of another */
                        version: number | null;
                        /** @description Why some clients may refuse it; it is served all the same */
                        warnings: string[];
                    };
                };
            };
            /** @description It is served by all threads */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description Whole days; negative: expired */
                        days_left: number | null;
                        /** @description Why it is not served as it is on disk or stored, or why none could be ordered; null: nothing is wrong */
                        error: string | null;
                        /** @description `cert_file` in the configuration; null: it is in no file */
                        file: string | null;
                        /** @description Hex with colons */
                        fingerprint_sha256: string | null;
                        /** @description It is served for these */
                        hosts: string[];
                        /** @description To renew or remove it; null: it is in a file, or internal */
                        id: string | null;
                        /** @description Null, as all that is known from a certificate: there is none yet */
                        issuer: string | null;
                        /**
                         * Format: date-time
                         * @description When a client last asked for one on demand, within hours; null: of another
                         */
                        last_used: string | null;
                        /**
                         * Format: date-time
                         * @description When it is ordered or renewed; null: not by the gateway
                         */
                        next_attempt: string | null;
                        /** Format: date-time */
                        not_after: string | null;
                        /** Format: date-time */
                        not_before: string | null;
                        /** @description Hex */
                        serial: string | null;
                        /** @enum {string} */
                        source: "file" | "internal" | "acme" | "uploaded" | "on_demand";
                        /**
                         * @description expiring: in the last sixth of its life; pending: there is none yet
                         * @enum {string}
                         */
                        state: "pending" | "ok" | "expiring" | "expired" | "not_yet_valid";
                        /** @description Of an uploaded one, for If-Match; null: of another */
                        version: number | null;
                        /** @description Why some clients may refuse it; it is served all the same */
                        warnings: string[];
                    };
                };
            };
            /** @description GW_VALIDATION: The request has invalid fields · GW_BAD_JSON: The body is not valid JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_UNAUTHORIZED: A valid bearer token is required */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_FORBIDDEN: The Host, the Origin or the role of the token is not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_CERTIFICATE_EXISTS: There is another certificate for this host · GW_CERTIFICATES_NOT_STORED: This gateway does not store certificates */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_PRECONDITION_FAILED: Version mismatch: the resource has changed since you read it */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_BODY_TOO_LARGE: The body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_UNSUPPORTED_MEDIA_TYPE: Unsupported content type; send application/json */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_TOO_MANY_ATTEMPTS: Too many wrong tokens from this address */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_INTERNAL: Internal error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_DATABASE_UNAVAILABLE: The database is unavailable; traffic continues, changes are refused */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    deleteCertificate: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description As in the list
                 * @example www.example.com
                 */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description No gateway serves it any more */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description GW_UNAUTHORIZED: A valid bearer token is required */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_FORBIDDEN: The Host, the Origin or the role of the token is not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_NOT_FOUND: Not found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_CERTIFICATE_IN_FILE: The certificate is in the configuration file; remove it there */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_PRECONDITION_FAILED: Version mismatch: the resource has changed since you read it */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_TOO_MANY_ATTEMPTS: Too many wrong tokens from this address */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_INTERNAL: Internal error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_DATABASE_UNAVAILABLE: The database is unavailable; traffic continues, changes are refused */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    renewCertificate: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description As in the list
                 * @example www.example.com
                 */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It will be ordered */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description GW_UNAUTHORIZED: A valid bearer token is required */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_FORBIDDEN: The Host, the Origin or the role of the token is not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_NOT_FOUND: Not found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_TOO_MANY_ATTEMPTS: Too many wrong tokens from this address */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_INTERNAL: Internal error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getCircuits: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description By backend id */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        [key: string]: components["schemas"]["Circuit"];
                    };
                };
            };
            /** @description GW_UNAUTHORIZED: A valid bearer token is required */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_FORBIDDEN: The Host, the Origin or the role of the token is not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_TOO_MANY_ATTEMPTS: Too many wrong tokens from this address */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_INTERNAL: Internal error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getCircuit: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of a backend, or a URL, percent-encoded, for all backends with this URL */
                backend: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description By backend id */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        [key: string]: components["schemas"]["Circuit"];
                    };
                };
            };
            /** @description GW_UNAUTHORIZED: A valid bearer token is required */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_FORBIDDEN: The Host, the Origin or the role of the token is not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_BACKEND_NOT_FOUND: Backend not found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_TOO_MANY_ATTEMPTS: Too many wrong tokens from this address */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_INTERNAL: Internal error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    openCircuit: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of a backend, or a URL, percent-encoded, for all backends with this URL */
                backend: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "seconds": 30
                 *     }
                 */
                "application/json": {
                    /**
                     * @description How long it stays open
                     * @default 60
                     */
                    seconds?: number;
                };
            };
        };
        responses: {
            /** @description By backend id */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        [key: string]: components["schemas"]["Circuit"];
                    };
                };
            };
            /** @description GW_VALIDATION: The request has invalid fields · GW_BAD_JSON: The body is not valid JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_UNAUTHORIZED: A valid bearer token is required */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_FORBIDDEN: The Host, the Origin or the role of the token is not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_BACKEND_NOT_FOUND: Backend not found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_BODY_TOO_LARGE: The body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_UNSUPPORTED_MEDIA_TYPE: Unsupported content type; send application/json */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_TOO_MANY_ATTEMPTS: Too many wrong tokens from this address */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_INTERNAL: Internal error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    resetCircuit: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of a backend, or a URL, percent-encoded, for all backends with this URL */
                backend: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description By backend id */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        [key: string]: components["schemas"]["Circuit"];
                    };
                };
            };
            /** @description GW_UNAUTHORIZED: A valid bearer token is required */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_FORBIDDEN: The Host, the Origin or the role of the token is not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_BACKEND_NOT_FOUND: Backend not found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_TOO_MANY_ATTEMPTS: Too many wrong tokens from this address */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_INTERNAL: Internal error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    listClients: {
        parameters: {
            query?: {
                /** @description Only those whose limit applies, or does not */
                enabled?: boolean;
                /** @description Only clients of this kind */
                kind?: "ip" | "cidr" | "id";
                /** @description Most clients of a page */
                limit?: number;
                /** @description How many to skip */
                offset?: number;
                /** @description Part of the key or name, case-insensitive */
                search?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of clients */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Client"][];
                };
            };
            /** @description GW_VALIDATION: The request has invalid fields */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_UNAUTHORIZED: A valid bearer token is required */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_FORBIDDEN: The Host, the Origin or the role of the token is not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_TOO_MANY_ATTEMPTS: Too many wrong tokens from this address */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_INTERNAL: Internal error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_DATABASE_UNAVAILABLE: The database is unavailable; traffic continues, changes are refused */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    createClient: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @enum {string} */
                    algorithm?: "token-bucket" | "sliding-window";
                    /** @description True: create an API key, shown in this answer only */
                    api_key?: boolean;
                    /** @description Largest burst of a token bucket, requests in any window of a sliding window */
                    capacity?: number;
                    /**
                     * Format: client-id
                     * @description As sent in X-Client-ID
                     * @example user1
                     */
                    client_id?: string;
                    /** @description False: kept, but its limit and API key do not apply */
                    enabled?: boolean;
                    /**
                     * Format: ip-or-cidr
                     * @description IPv4 or IPv6 address, or CIDR block
                     * @example 10.0.0.0/8
                     */
                    ip_address?: string;
                    /**
                     * Format: printable
                     * @description Display name; null: none
                     */
                    name?: string | null;
                    /**
                     * @description Most requests on all routes together, instead of rate_limit.quota and in its time zone; null: rate_limit.quota applies
                     * @example {
                     *       "day": 10000,
                     *       "month": 200000
                     *     }
                     */
                    quotas?: {
                        /** @description In a calendar day; null: no limit of its own */
                        day?: number | null;
                        /** @description In a calendar month; null: no limit of its own */
                        month?: number | null;
                    } | null;
                    /**
                     * @deprecated
                     * @description The same as rate_per_second
                     */
                    rate_per_sec?: number;
                    /** @description Refill of a token bucket, in requests a second; a sliding window has none */
                    rate_per_second?: number;
                    /** @description Length of a sliding window in seconds, default 60; a token bucket has none */
                    window_seconds?: number;
                } & (unknown | unknown);
            };
        };
        responses: {
            /** @description The new client; api_key is in no later answer */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Client"];
                };
            };
            /** @description GW_VALIDATION: The request has invalid fields · GW_BAD_JSON: The body is not valid JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_UNAUTHORIZED: A valid bearer token is required */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_FORBIDDEN: The Host, the Origin or the role of the token is not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_CLIENT_EXISTS: A client with this key already exists */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_BODY_TOO_LARGE: The body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_UNSUPPORTED_MEDIA_TYPE: Unsupported content type; send application/json */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_TOO_MANY_ATTEMPTS: Too many wrong tokens from this address */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_INTERNAL: Internal error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_DATABASE_UNAVAILABLE: The database is unavailable; traffic continues, changes are refused · GW_CLIENT_TABLE_FULL: The client table is full; raise rate_limit.max_clients */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    readClient: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description IP address, CIDR block or client id, percent-encoded */
                key: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The client with its current settings */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Client"];
                };
            };
            /** @description GW_UNAUTHORIZED: A valid bearer token is required */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_FORBIDDEN: The Host, the Origin or the role of the token is not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_CLIENT_NOT_FOUND: Client not found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_TOO_MANY_ATTEMPTS: Too many wrong tokens from this address */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_INTERNAL: Internal error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_DATABASE_UNAVAILABLE: The database is unavailable; traffic continues, changes are refused */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    replaceClient: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description IP address, CIDR block or client id, percent-encoded */
                key: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @enum {string} */
                    algorithm?: "token-bucket" | "sliding-window";
                    /** @description Largest burst of a token bucket, requests in any window of a sliding window */
                    capacity: number;
                    /** @description Accepted if unchanged */
                    readonly client_id?: string;
                    /** @description Accepted and ignored */
                    readonly created_at?: string;
                    /** @description False: kept, but its limit and API key do not apply */
                    enabled?: boolean;
                    /** @description Accepted and ignored */
                    readonly has_api_key?: boolean;
                    /** @description Accepted if unchanged */
                    readonly id?: string;
                    /** @description Accepted if unchanged */
                    readonly ip_address?: string;
                    /** @description Accepted if unchanged */
                    readonly key?: string;
                    /**
                     * Format: printable
                     * @description Display name; null: none
                     */
                    name?: string | null;
                    /**
                     * @description Most requests on all routes together, instead of rate_limit.quota and in its time zone; null: rate_limit.quota applies
                     * @example {
                     *       "day": 10000,
                     *       "month": 200000
                     *     }
                     */
                    quotas?: {
                        /** @description In a calendar day; null: no limit of its own */
                        day?: number | null;
                        /** @description In a calendar month; null: no limit of its own */
                        month?: number | null;
                    } | null;
                    /**
                     * @deprecated
                     * @description The same as rate_per_second
                     */
                    rate_per_sec?: number;
                    /** @description Refill of a token bucket, in requests a second; a sliding window has none */
                    rate_per_second?: number;
                    /** @description Accepted and ignored */
                    readonly updated_at?: string;
                    /** @description Accepted and ignored */
                    readonly version?: number;
                    /** @description Length of a sliding window in seconds, default 60; a token bucket has none */
                    window_seconds?: number | null;
                };
            };
        };
        responses: {
            /** @description The client with its current settings */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Client"];
                };
            };
            /** @description GW_VALIDATION: The request has invalid fields · GW_BAD_JSON: The body is not valid JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_UNAUTHORIZED: A valid bearer token is required */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_FORBIDDEN: The Host, the Origin or the role of the token is not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_CLIENT_NOT_FOUND: Client not found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_PRECONDITION_FAILED: Version mismatch: the resource has changed since you read it */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_BODY_TOO_LARGE: The body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_UNSUPPORTED_MEDIA_TYPE: Unsupported content type; send application/json */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_TOO_MANY_ATTEMPTS: Too many wrong tokens from this address */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_INTERNAL: Internal error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_DATABASE_UNAVAILABLE: The database is unavailable; traffic continues, changes are refused · GW_CLIENT_TABLE_FULL: The client table is full; raise rate_limit.max_clients */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    deleteClient: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description IP address, CIDR block or client id, percent-encoded */
                key: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Deleted */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description GW_VALIDATION: The request has invalid fields */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_UNAUTHORIZED: A valid bearer token is required */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_FORBIDDEN: The Host, the Origin or the role of the token is not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_CLIENT_NOT_FOUND: Client not found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_PRECONDITION_FAILED: Version mismatch: the resource has changed since you read it */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_TOO_MANY_ATTEMPTS: Too many wrong tokens from this address */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_INTERNAL: Internal error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_DATABASE_UNAVAILABLE: The database is unavailable; traffic continues, changes are refused */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    changeClient: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description IP address, CIDR block or client id, percent-encoded */
                key: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @enum {string} */
                    algorithm?: "token-bucket" | "sliding-window";
                    /** @description True: create a new API key, shown in this answer only; false: remove it */
                    api_key?: boolean;
                    /** @description Largest burst of a token bucket, requests in any window of a sliding window */
                    capacity?: number;
                    /** @description False: kept, but its limit and API key do not apply */
                    enabled?: boolean;
                    /**
                     * Format: printable
                     * @description Display name; null: none
                     */
                    name?: string | null;
                    /**
                     * @description Most requests on all routes together, instead of rate_limit.quota and in its time zone; null: rate_limit.quota applies
                     * @example {
                     *       "day": 10000,
                     *       "month": 200000
                     *     }
                     */
                    quotas?: {
                        /** @description In a calendar day; null: no limit of its own */
                        day?: number | null;
                        /** @description In a calendar month; null: no limit of its own */
                        month?: number | null;
                    } | null;
                    /**
                     * @deprecated
                     * @description The same as rate_per_second
                     */
                    rate_per_sec?: number;
                    /** @description Refill of a token bucket, in requests a second; a sliding window has none */
                    rate_per_second?: number;
                    /** @description Length of a sliding window in seconds, default 60; a token bucket has none */
                    window_seconds?: number;
                };
            };
        };
        responses: {
            /** @description The client with its current settings */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Client"];
                };
            };
            /** @description GW_VALIDATION: The request has invalid fields · GW_BAD_JSON: The body is not valid JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_UNAUTHORIZED: A valid bearer token is required */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_FORBIDDEN: The Host, the Origin or the role of the token is not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_CLIENT_NOT_FOUND: Client not found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_PRECONDITION_FAILED: Version mismatch: the resource has changed since you read it */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_BODY_TOO_LARGE: The body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_UNSUPPORTED_MEDIA_TYPE: Unsupported content type; send application/json */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_TOO_MANY_ATTEMPTS: Too many wrong tokens from this address */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_INTERNAL: Internal error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_DATABASE_UNAVAILABLE: The database is unavailable; traffic continues, changes are refused · GW_CLIENT_TABLE_FULL: The client table is full; raise rate_limit.max_clients */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getClientUsage: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description IP address, CIDR block or client id, percent-encoded */
                key: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The current state */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ClientUsage"];
                };
            };
            /** @description GW_VALIDATION: The request has invalid fields */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_UNAUTHORIZED: A valid bearer token is required */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_FORBIDDEN: The Host, the Origin or the role of the token is not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_TOO_MANY_ATTEMPTS: Too many wrong tokens from this address */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_INTERNAL: Internal error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    askClientWhatIf: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description IP address, CIDR block or client id, percent-encoded */
                key: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "capacity": 50,
                 *       "rate_per_second": 5
                 *     }
                 */
                "application/json": {
                    /**
                     * @description Follows from the other fields
                     * @enum {string}
                     */
                    algorithm?: "token-bucket" | "sliding-window";
                    /** @example 50 */
                    capacity?: number;
                    /**
                     * @description Of a token bucket
                     * @example 5
                     */
                    rate_per_second?: number;
                    /** @description Of a sliding window */
                    window_seconds?: number;
                };
            };
        };
        responses: {
            /** @description The current limit and the proposed one */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ClientWhatIf"];
                };
            };
            /** @description GW_VALIDATION: The request has invalid fields · GW_BAD_JSON: The body is not valid JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_UNAUTHORIZED: A valid bearer token is required */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_FORBIDDEN: The Host, the Origin or the role of the token is not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_DEMAND_NOT_RECORDED: The requests of this client are not recorded */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_BODY_TOO_LARGE: The body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_UNSUPPORTED_MEDIA_TYPE: Unsupported content type; send application/json */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_TOO_MANY_ATTEMPTS: Too many wrong tokens from this address */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_INTERNAL: Internal error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getConfig: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The current settings */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /**
                         * Format: date-time
                         * @description When it was applied
                         */
                        applied_at: string;
                        /** @description Path as given at start; null: flags only */
                        file: string | null;
                        /** @description Why the last reload was refused; null if it was not */
                        last_error: string | null;
                        /** @description Overrides stored by the API; `settings` includes those that apply */
                        overlay: {
                            /** @description null: the file’s value, or the default */
                            backup: boolean | null;
                            /** @description null: the file’s value, or the default */
                            draining: boolean | null;
                            /** @description null: the file’s value, or the default */
                            enabled: boolean | null;
                            id: string;
                            /** @description null: the file’s value, or the default */
                            max_in_flight: number | null;
                            /** @description null: the file’s value, or the default */
                            pool: string | null;
                            /** @description Why it does not apply, or not completely; null: it applies */
                            problem: string | null;
                            /** Format: date-time */
                            updated_at: string;
                            /** @description For an added backend; null: an override of the file’s */
                            url: string | null;
                            /** @description Incremented with every change */
                            version: number;
                            /** @description null: the file’s value, or the default */
                            weight: number | null;
                        }[];
                        /** @description Why PUT cannot replace the file, a sentence; null: it can */
                        read_only: string | null;
                        /** @description Changed keys that keep their old value until a restart */
                        restart_required: string[];
                        /** @description Current settings in the shape of the file, with overrides and all defaults; `***` replaces a secret, `${NAME}` the value of an environment variable */
                        settings: {
                            [key: string]: unknown;
                        };
                        /** @description Of the current snapshot */
                        version: number;
                        /** @description What a file of code evaluated to, with flags: without defaults, secrets replaced by `***`; null: the file is YAML or JSON */
                        yaml: string | null;
                    };
                };
            };
            /** @description GW_UNAUTHORIZED: A valid bearer token is required */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_FORBIDDEN: The Host, the Origin or the role of the token is not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_TOO_MANY_ATTEMPTS: Too many wrong tokens from this address */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_INTERNAL: Internal error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    replaceConfig: {
        parameters: {
            query?: {
                /**
                 * @description Watch the traffic for this long, and return to the version before if errors or p95 of a route become worse; 0: do not
                 * @example 60
                 */
                watch_seconds?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "config": "rate_limit:\n  default: { capacity: 100, rate_per_second: 10 }\npools:\n  default:\n    backends:\n      - url: http://127.0.0.1:8081\n      - url: http://127.0.0.1:8082\n"
                 *     }
                 */
                "application/json": {
                    /** @description Accepted and ignored */
                    readonly applied_at?: unknown;
                    /** @description The whole file: YAML, or JSON if its name ends in .json */
                    config?: string;
                    /** @description Accepted and ignored */
                    readonly file?: unknown;
                    /** @description Accepted and ignored */
                    readonly last_error?: unknown;
                    /** @description Accepted and ignored */
                    readonly overlay?: unknown;
                    /** @description Accepted and ignored */
                    readonly read_only?: unknown;
                    /** @description Accepted and ignored */
                    readonly restart_required?: unknown;
                    /** @description As returned by GET and still current: nothing is changed */
                    settings?: {
                        [key: string]: unknown;
                    };
                    /** @description Accepted and ignored */
                    readonly version?: unknown;
                    /** @description Accepted and ignored */
                    readonly yaml?: unknown;
                } & (unknown | unknown);
            };
        };
        responses: {
            /** @description The file is valid; `watch`: null if the change is not watched */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        changes: components["schemas"]["ConfigChange"][];
                        /** @description Of the current text among the kept versions; null: without a file, or if it is code */
                        number: number | null;
                        /** @description Changed keys that keep their old value until a restart */
                        restart_required: string[];
                        /**
                         * @description applied: on every thread
                         * @enum {string}
                         */
                        result: "applied" | "unchanged";
                        /** @description Of the current snapshot */
                        version: number;
                        watch: components["schemas"]["ConfigWatch"] | null;
                    };
                };
            };
            /** @description GW_BAD_REQUEST: The request is malformed · GW_VALIDATION: The request has invalid fields */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_UNAUTHORIZED: A valid bearer token is required */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_FORBIDDEN: The Host, the Origin or the role of the token is not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_CONFIG_NOT_WRITABLE: The configuration file cannot be written */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_BODY_TOO_LARGE: The body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_UNSUPPORTED_MEDIA_TYPE: Unsupported content type; send application/json */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_CONFIG_TOO_COSTLY: The configuration takes too much time or memory to validate */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_TOO_MANY_ATTEMPTS: Too many wrong tokens from this address */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_INTERNAL: Internal error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    applyConfig: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "config": "rate_limit:\n  default: { capacity: 100, rate_per_second: 10 }\npools:\n  default:\n    backends:\n      - url: http://127.0.0.1:8081\n      - url: http://127.0.0.1:8082\n",
                 *       "plan_id": "9f86d081884c7d65-9f86d081884c7d65-60303ae22b998861",
                 *       "watch_seconds": 60
                 *     }
                 */
                "application/json": {
                    /** @description The text that was checked */
                    config: string;
                    /** @description `plan_id` of the answer to its check: the one of the example is of another gateway */
                    plan_id: string;
                    /**
                     * @description Watch the traffic for this long, and return to the version before if errors or p95 of a route become worse; 0: do not
                     * @default 60
                     * @example 60
                     */
                    watch_seconds: number;
                };
            };
        };
        responses: {
            /** @description The file is valid; `watch`: null if the change is not watched */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        changes: components["schemas"]["ConfigChange"][];
                        /** @description Of the current text among the kept versions; null: without a file, or if it is code */
                        number: number | null;
                        /** @description Changed keys that keep their old value until a restart */
                        restart_required: string[];
                        /**
                         * @description applied: on every thread
                         * @enum {string}
                         */
                        result: "applied" | "unchanged";
                        /** @description Of the current snapshot */
                        version: number;
                        watch: components["schemas"]["ConfigWatch"] | null;
                    };
                };
            };
            /** @description GW_BAD_REQUEST: The request is malformed · GW_VALIDATION: The request has invalid fields */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_UNAUTHORIZED: A valid bearer token is required */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_FORBIDDEN: The Host, the Origin or the role of the token is not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_CONFIG_NOT_WRITABLE: The configuration file cannot be written */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_PLAN_OUTDATED: The configuration has changed since this plan was made */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_BODY_TOO_LARGE: The body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_UNSUPPORTED_MEDIA_TYPE: Unsupported content type; send application/json */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_CONFIG_TOO_COSTLY: The configuration takes too much time or memory to validate */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_TOO_MANY_ATTEMPTS: Too many wrong tokens from this address */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_INTERNAL: Internal error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    checkConfig: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description YAML or JSON text; default: the current file */
                    config?: string;
                };
            };
        };
        responses: {
            /** @description It is valid */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        changes: components["schemas"]["ConfigChange"][];
                        /**
                         * @description To apply this text, if nothing has changed by then; null: no text was given, or the file cannot be written
                         * @example 9f86d081884c7d65-9f86d081884c7d65-60303ae22b998861
                         */
                        plan_id: string | null;
                        /** @description Changed keys that keep their old value until a restart */
                        restart_required: string[];
                        /** @enum {boolean} */
                        valid: true;
                        /** @description Allowed but probably unintended, plus certificates that only a reload or start opens */
                        warnings: {
                            key: string;
                            message: string;
                        }[];
                    };
                };
            };
            /** @description GW_BAD_REQUEST: The request is malformed · GW_VALIDATION: The request has invalid fields */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_UNAUTHORIZED: A valid bearer token is required */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_FORBIDDEN: The Host, the Origin or the role of the token is not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_BODY_TOO_LARGE: The body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_UNSUPPORTED_MEDIA_TYPE: Unsupported content type; send application/json */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_CONFIG_TOO_COSTLY: The configuration takes too much time or memory to validate */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_TOO_MANY_ATTEMPTS: Too many wrong tokens from this address */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_INTERNAL: Internal error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    reloadConfig: {
        parameters: {
            query?: {
                /**
                 * @description Watch the traffic for this long, and return to the version before if errors or p95 of a route become worse; 0: do not
                 * @example 60
                 */
                watch_seconds?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The file is valid; `watch`: null if the change is not watched */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        changes: components["schemas"]["ConfigChange"][];
                        /** @description Of the current text among the kept versions; null: without a file, or if it is code */
                        number: number | null;
                        /** @description Changed keys that keep their old value until a restart */
                        restart_required: string[];
                        /**
                         * @description applied: on every thread
                         * @enum {string}
                         */
                        result: "applied" | "unchanged";
                        /** @description Of the current snapshot */
                        version: number;
                        watch: components["schemas"]["ConfigWatch"] | null;
                    };
                };
            };
            /** @description GW_BAD_REQUEST: The request is malformed · GW_VALIDATION: The request has invalid fields */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_UNAUTHORIZED: A valid bearer token is required */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_FORBIDDEN: The Host, the Origin or the role of the token is not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_CONFIG_TOO_COSTLY: The configuration takes too much time or memory to validate */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_TOO_MANY_ATTEMPTS: Too many wrong tokens from this address */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_INTERNAL: Internal error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    rollbackConfig: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Number of a kept version
                 * @example 1
                 */
                number: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "watch_seconds": 60
                 *     }
                 */
                "application/json": {
                    /**
                     * @description Watch the traffic for this long, and return to the version before if errors or p95 of a route become worse; 0: do not
                     * @default 60
                     * @example 60
                     */
                    watch_seconds: number;
                };
            };
        };
        responses: {
            /** @description The file is valid; `watch`: null if the change is not watched */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        changes: components["schemas"]["ConfigChange"][];
                        /** @description Of the current text among the kept versions; null: without a file, or if it is code */
                        number: number | null;
                        /** @description Changed keys that keep their old value until a restart */
                        restart_required: string[];
                        /**
                         * @description applied: on every thread
                         * @enum {string}
                         */
                        result: "applied" | "unchanged";
                        /** @description Of the current snapshot */
                        version: number;
                        watch: components["schemas"]["ConfigWatch"] | null;
                    };
                };
            };
            /** @description GW_BAD_REQUEST: The request is malformed · GW_VALIDATION: The request has invalid fields */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_UNAUTHORIZED: A valid bearer token is required */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_FORBIDDEN: The Host, the Origin or the role of the token is not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_NOT_FOUND: Not found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_CONFIG_NOT_WRITABLE: The configuration file cannot be written */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_BODY_TOO_LARGE: The body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_UNSUPPORTED_MEDIA_TYPE: Unsupported content type; send application/json */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_CONFIG_TOO_COSTLY: The configuration takes too much time or memory to validate */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_TOO_MANY_ATTEMPTS: Too many wrong tokens from this address */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_INTERNAL: Internal error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getConfigSchema: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description JSON Schema, draft 7 */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        [key: string]: unknown;
                    };
                };
            };
            /** @description GW_UNAUTHORIZED: A valid bearer token is required */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_FORBIDDEN: The Host, the Origin or the role of the token is not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_TOO_MANY_ATTEMPTS: Too many wrong tokens from this address */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_INTERNAL: Internal error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getConfigText: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The text that applies */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description The file on the disk contains something else, which does not apply */
                        file_changed: boolean;
                        /** @description How many secrets are replaced */
                        hidden: number;
                        /** @description Of the kept version; null: there is none */
                        number: number | null;
                        /** @description With comments, and `"*** 1 of 9f86d081"` in place of a literal secret; null: there is no file, it is code, or it is longer than 512 KiB */
                        text: string | null;
                    };
                };
            };
            /** @description GW_UNAUTHORIZED: A valid bearer token is required */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_FORBIDDEN: The Host, the Origin or the role of the token is not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_TOO_MANY_ATTEMPTS: Too many wrong tokens from this address */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_INTERNAL: Internal error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    listConfigVersions: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The kept versions */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description The current one first, at most ten */
                        items: components["schemas"]["ConfigVersion"][];
                    };
                };
            };
            /** @description GW_UNAUTHORIZED: A valid bearer token is required */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_FORBIDDEN: The Host, the Origin or the role of the token is not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_TOO_MANY_ATTEMPTS: Too many wrong tokens from this address */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_INTERNAL: Internal error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getConfigVersion: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Number of a kept version
                 * @example 1
                 */
                number: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A kept version */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** Format: date-time */
                        applied_at: string;
                        /**
                         * @description Name of the token; null: nobody’s
                         * @example alice
                         */
                        by: string | null;
                        /** @description Of the text */
                        bytes: number;
                        /** @description SHA-256 of the text, hex */
                        digest: string;
                        /**
                         * @description Counts up, also over restarts
                         * @example 7
                         */
                        number: number;
                        /**
                         * @description start: it was in the file when the process started; api, file, signal: what began the reload; rollback: by an operator; revert: the version after it made something worse
                         * @enum {string}
                         */
                        origin: "start" | "api" | "file" | "signal" | "rollback" | "revert";
                        /** @description Why it is no longer valid */
                        problems: string[];
                        /** @description In the shape of the file with all defaults, as GET /v1/api/config shows them: `***` replaces a secret; null: it is no longer valid */
                        settings: {
                            [key: string]: unknown;
                        } | null;
                        /** @description False: in memory only, because the data folder cannot be written */
                        stored: boolean;
                    };
                };
            };
            /** @description GW_VALIDATION: The request has invalid fields */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_UNAUTHORIZED: A valid bearer token is required */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_FORBIDDEN: The Host, the Origin or the role of the token is not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_NOT_FOUND: Not found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_TOO_MANY_ATTEMPTS: Too many wrong tokens from this address */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_INTERNAL: Internal error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    diffConfigVersions: {
        parameters: {
            query?: {
                /** @description Number of the other version; default: the current one */
                with?: number;
            };
            header?: never;
            path: {
                /**
                 * @description Number of a kept version
                 * @example 1
                 */
                number: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What the later one changed */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        changes: components["schemas"]["ConfigChange"][];
                        /** @description Number of a version */
                        from: number;
                        /** @description Number of a version */
                        to: number;
                    };
                };
            };
            /** @description GW_VALIDATION: The request has invalid fields */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_UNAUTHORIZED: A valid bearer token is required */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_FORBIDDEN: The Host, the Origin or the role of the token is not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_NOT_FOUND: Not found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_TOO_MANY_ATTEMPTS: Too many wrong tokens from this address */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_INTERNAL: Internal error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getConfigWatch: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The last watched change; null: none since the start */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        watch: components["schemas"]["ConfigWatch"] | null;
                    };
                };
            };
            /** @description GW_UNAUTHORIZED: A valid bearer token is required */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_FORBIDDEN: The Host, the Origin or the role of the token is not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_TOO_MANY_ATTEMPTS: Too many wrong tokens from this address */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_INTERNAL: Internal error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    endConfigWatch: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description How it ended */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ConfigWatch"];
                };
            };
            /** @description GW_UNAUTHORIZED: A valid bearer token is required */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_FORBIDDEN: The Host, the Origin or the role of the token is not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_NOT_FOUND: Not found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_TOO_MANY_ATTEMPTS: Too many wrong tokens from this address */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_INTERNAL: Internal error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getDiscovery: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Pools with a source, and providers of routes */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Discovery"];
                };
            };
            /** @description GW_UNAUTHORIZED: A valid bearer token is required */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_FORBIDDEN: The Host, the Origin or the role of the token is not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_TOO_MANY_ATTEMPTS: Too many wrong tokens from this address */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_INTERNAL: Internal error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    listEvents: {
        parameters: {
            query?: {
                /** @description Only events with a lower id */
                before?: number;
                /** @description Only events of this kind */
                kind?: "health" | "circuit" | "backend" | "discovery" | "pool" | "client" | "configuration" | "thread" | "database" | "limit" | "certificate" | "fleet" | "auth" | "telemetry";
                /** @description Most events of the answer */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Newest first; the last thousand are kept in memory */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["Event"][];
                        /** @description `before` of the next page; null: this is the last page */
                        next: number | null;
                    };
                };
            };
            /** @description GW_VALIDATION: The request has invalid fields */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_UNAUTHORIZED: A valid bearer token is required */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_FORBIDDEN: The Host, the Origin or the role of the token is not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_TOO_MANY_ATTEMPTS: Too many wrong tokens from this address */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_INTERNAL: Internal error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    explainRequest: {
        parameters: {
            query?: {
                /** @description Address that it comes from, or id of a registered client. Default: 127.0.0.1 */
                client?: string;
                /** @description A header field, `name: value`; may be repeated */
                header?: string | string[];
                /** @description As in the Host field. Default: none */
                host?: string;
                /** @description Default: GET */
                method?: string;
                /** @description Path and query, percent-encoded. Default: `/` */
                path?: string;
                /** @description Default: http */
                scheme?: "http" | "https";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As things are now */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Explanation"];
                };
            };
            /** @description GW_VALIDATION: The request has invalid fields */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_UNAUTHORIZED: A valid bearer token is required */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_FORBIDDEN: The Host, the Origin or the role of the token is not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_TOO_MANY_ATTEMPTS: Too many wrong tokens from this address */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_INTERNAL: Internal error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_STOPPING: The gateway is stopping */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    explainSecretRequest: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description Address that it comes from, or id of a registered client. Default: 127.0.0.1 */
                    client?: string;
                    /** @description Header fields, each `name: value` */
                    headers?: string[];
                    /** @description As in the Host field. Default: none */
                    host?: string;
                    /** @description Default: GET */
                    method?: string;
                    /** @description Path and query, percent-encoded. Default: `/` */
                    path?: string;
                    /**
                     * @description Default: http
                     * @enum {string}
                     */
                    scheme?: "http" | "https";
                };
            };
        };
        responses: {
            /** @description As things are now */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Explanation"];
                };
            };
            /** @description GW_BAD_JSON: The body is not valid JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_UNAUTHORIZED: A valid bearer token is required */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_FORBIDDEN: The Host, the Origin or the role of the token is not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_BODY_TOO_LARGE: The body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_UNSUPPORTED_MEDIA_TYPE: Unsupported content type; send application/json */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_TOO_MANY_ATTEMPTS: Too many wrong tokens from this address */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_INTERNAL: Internal error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_STOPPING: The gateway is stopping */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    createExplainToken: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The token */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ExplainToken"];
                };
            };
            /** @description GW_UNAUTHORIZED: A valid bearer token is required */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_FORBIDDEN: The Host, the Origin or the role of the token is not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_TOO_MANY_ATTEMPTS: Too many wrong tokens from this address */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_INTERNAL: Internal error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getFleet: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description All gateways, as this one knows them */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Fleet"];
                };
            };
            /** @description GW_VALIDATION: The request has invalid fields */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_UNAUTHORIZED: A valid bearer token is required */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_FORBIDDEN: The Host, the Origin or the role of the token is not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_TOO_MANY_ATTEMPTS: Too many wrong tokens from this address */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_INTERNAL: Internal error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getHealth: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Health of the gateway and its backends */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description Backends that are unhealthy or unavailable */
                        backends: {
                            available: boolean;
                            id: string;
                            pool: string;
                            /** @description Why it gets no requests */
                            reason: string | null;
                            /** @enum {string} */
                            state: "healthy" | "degraded" | "down";
                            state_reason: string | null;
                        }[];
                        pools: {
                            /** @description Available for requests */
                            available: number;
                            /** @description Of the pool */
                            backends: number;
                            /** @description Without any problem */
                            healthy: number;
                            name: string;
                        }[];
                        /** @description Reasons why it is not healthy, one sentence each */
                        reasons: string[];
                        /**
                         * @description unavailable: not ready, or a pool and its fallback have no available backend; degraded: a backend is unhealthy or gets no requests
                         * @enum {string}
                         */
                        status: "healthy" | "degraded" | "unavailable";
                    };
                };
            };
            /** @description GW_UNAUTHORIZED: A valid bearer token is required */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_FORBIDDEN: The Host, the Origin or the role of the token is not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_TOO_MANY_ATTEMPTS: Too many wrong tokens from this address */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_INTERNAL: Internal error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getLimits: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The current state */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Limits"];
                };
            };
            /** @description GW_UNAUTHORIZED: A valid bearer token is required */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_FORBIDDEN: The Host, the Origin or the role of the token is not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_TOO_MANY_ATTEMPTS: Too many wrong tokens from this address */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_INTERNAL: Internal error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getTopTalkers: {
        parameters: {
            query?: {
                /** @description The order */
                by?: "requests" | "refused";
                /** @description Most clients of the answer */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Most first */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TopTalkers"];
                };
            };
            /** @description GW_VALIDATION: The request has invalid fields */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_UNAUTHORIZED: A valid bearer token is required */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_FORBIDDEN: The Host, the Origin or the role of the token is not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_TOO_MANY_ATTEMPTS: Too many wrong tokens from this address */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_INTERNAL: Internal error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    askDefaultWhatIf: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "capacity": 50,
                 *       "rate_per_second": 5
                 *     }
                 */
                "application/json": {
                    /**
                     * @description Follows from the other fields
                     * @enum {string}
                     */
                    algorithm?: "token-bucket" | "sliding-window";
                    /** @example 50 */
                    capacity?: number;
                    /**
                     * @description Of a token bucket
                     * @example 5
                     */
                    rate_per_second?: number;
                    /** @description Of a sliding window */
                    window_seconds?: number;
                };
            };
        };
        responses: {
            /** @description The current limit and the proposed one */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DefaultWhatIf"];
                };
            };
            /** @description GW_VALIDATION: The request has invalid fields · GW_BAD_JSON: The body is not valid JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_UNAUTHORIZED: A valid bearer token is required */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_FORBIDDEN: The Host, the Origin or the role of the token is not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_BODY_TOO_LARGE: The body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_UNSUPPORTED_MEDIA_TYPE: Unsupported content type; send application/json */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_TOO_MANY_ATTEMPTS: Too many wrong tokens from this address */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_INTERNAL: Internal error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getMetrics: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The current state */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Metrics"];
                };
            };
            /** @description GW_UNAUTHORIZED: A valid bearer token is required */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_FORBIDDEN: The Host, the Origin or the role of the token is not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_TOO_MANY_ATTEMPTS: Too many wrong tokens from this address */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_INTERNAL: Internal error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getMetricsHistory: {
        parameters: {
            query?: {
                /** @description 60s, the default, and 5m: one point per second; 1h: one every ten seconds; 6h and 24h: one a minute */
                span?: "60s" | "5m" | "1h" | "6h" | "24h";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The points, and whether they are stored */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["GatewayHistory"];
                };
            };
            /** @description GW_VALIDATION: The request has invalid fields */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_UNAUTHORIZED: A valid bearer token is required */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_FORBIDDEN: The Host, the Origin or the role of the token is not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_TOO_MANY_ATTEMPTS: Too many wrong tokens from this address */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_INTERNAL: Internal error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    listPlugins: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description In the order of the configuration */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Plugins"];
                };
            };
            /** @description GW_UNAUTHORIZED: A valid bearer token is required */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_FORBIDDEN: The Host, the Origin or the role of the token is not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_TOO_MANY_ATTEMPTS: Too many wrong tokens from this address */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_INTERNAL: Internal error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getPushedMembers: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Of the pool
                 * @example web
                 */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The list, as stored */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PushedMembers"];
                };
            };
            /** @description GW_UNAUTHORIZED: A valid bearer token is required */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_FORBIDDEN: The Host, the Origin or the role of the token is not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_POOL_NOT_FOUND: Pool not found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_POOL_NOT_PUSHED: The members of this pool come from elsewhere; set `discover: { push: {} }` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_TOO_MANY_ATTEMPTS: Too many wrong tokens from this address */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_INTERNAL: Internal error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    pushMembers: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Of the pool
                 * @example web
                 */
                name: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "members": [
                 *         {
                 *           "url": "http://10.0.0.7:8080",
                 *           "weight": 2
                 *         },
                 *         {
                 *           "address": "10.0.0.8",
                 *           "port": 8080,
                 *           "uid": "alloc-5f1c"
                 *         }
                 *       ],
                 *       "ttl": "30s"
                 *     }
                 */
                "application/json": {
                    /** @description All of them; empty: the pool has none */
                    members: {
                        /** @description An IP address, or a host name */
                        address?: string;
                        /** @default false */
                        backup?: boolean;
                        /**
                         * @description It finishes its requests and gets no new ones
                         * @default false
                         */
                        draining?: boolean;
                        /**
                         * @description False: left out
                         * @default true
                         */
                        enabled?: boolean;
                        port?: number;
                        /** @description Default: that of the pool, or of the gateway if a zone is given */
                        region?: string | null;
                        /** @description Identity of the process: with another one, health and circuit start anew */
                        uid?: string | null;
                        /** @description Scheme, host and port; or `address` and `port` instead */
                        url?: string;
                        /** @default 1 */
                        weight?: number;
                        zone?: string | null;
                    }[];
                    /**
                     * @description The list is no longer vouched for after this time, 1s to 24h: the members stay, and discovery of the pool fails
                     * @example 30s
                     */
                    ttl?: string | null;
                };
            };
        };
        responses: {
            /** @description The list, as stored */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PushedMembers"];
                };
            };
            /** @description GW_VALIDATION: The request has invalid fields · GW_BAD_JSON: The body is not valid JSON · GW_BAD_REQUEST: The request is malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_UNAUTHORIZED: A valid bearer token is required */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_FORBIDDEN: The Host, the Origin or the role of the token is not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_POOL_NOT_FOUND: Pool not found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_POOL_NOT_PUSHED: The members of this pool come from elsewhere; set `discover: { push: {} }` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_PRECONDITION_FAILED: Version mismatch: the resource has changed since you read it */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_BODY_TOO_LARGE: The body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_UNSUPPORTED_MEDIA_TYPE: Unsupported content type; send application/json */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_TOO_MANY_ATTEMPTS: Too many wrong tokens from this address */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_INTERNAL: Internal error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_DATABASE_UNAVAILABLE: The database is unavailable; traffic continues, changes are refused */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    deletePushedMembers: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Of the pool
                 * @example web
                 */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Removed */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description GW_BAD_REQUEST: The request is malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_UNAUTHORIZED: A valid bearer token is required */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_FORBIDDEN: The Host, the Origin or the role of the token is not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_POOL_NOT_FOUND: Pool not found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_POOL_NOT_PUSHED: The members of this pool come from elsewhere; set `discover: { push: {} }` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_PRECONDITION_FAILED: Version mismatch: the resource has changed since you read it */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_TOO_MANY_ATTEMPTS: Too many wrong tokens from this address */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_INTERNAL: Internal error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_DATABASE_UNAVAILABLE: The database is unavailable; traffic continues, changes are refused */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getRateLimit: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The current state */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RateLimit"];
                };
            };
            /** @description GW_UNAUTHORIZED: A valid bearer token is required */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_FORBIDDEN: The Host, the Origin or the role of the token is not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_TOO_MANY_ATTEMPTS: Too many wrong tokens from this address */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_INTERNAL: Internal error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    listRecordings: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One, or none */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Recording"][];
                };
            };
            /** @description GW_UNAUTHORIZED: A valid bearer token is required */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_FORBIDDEN: The Host, the Origin or the role of the token is not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_TOO_MANY_ATTEMPTS: Too many wrong tokens from this address */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_INTERNAL: Internal error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    startRecording: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "bodies": false,
                 *       "route": null,
                 *       "sample": 0.1,
                 *       "seconds": 60
                 *     }
                 */
                "application/json": {
                    /**
                     * @description Also bodies of up to 4 KiB of text
                     * @default false
                     */
                    bodies?: boolean;
                    /**
                     * @description It ends at this size
                     * @default 67108864
                     */
                    max_bytes?: number;
                    /**
                     * @description Name of a route; null: all routes
                     * @example null
                     */
                    route?: string | null;
                    /**
                     * @description Share of its requests
                     * @default 1
                     */
                    sample?: number;
                    /**
                     * @description It ends after this time
                     * @default 60
                     */
                    seconds?: number;
                };
            };
        };
        responses: {
            /** @description Every thread records */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Recording"];
                };
            };
            /** @description GW_VALIDATION: The request has invalid fields · GW_BAD_JSON: The body is not valid JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_UNAUTHORIZED: A valid bearer token is required */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_FORBIDDEN: The Host, the Origin or the role of the token is not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_RECORDING_EXISTS: A recording is running; stop it, or wait until it has ended */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_BODY_TOO_LARGE: The body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_UNSUPPORTED_MEDIA_TYPE: Unsupported content type; send application/json */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_TOO_MANY_ATTEMPTS: Too many wrong tokens from this address */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_INTERNAL: Internal error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    stopRecording: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description As in the list
                 * @example 5f0c1a52-7d0e-4b36-9f4e-0c6b3a1d2e7f
                 */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It has ended */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Recording"];
                };
            };
            /** @description GW_UNAUTHORIZED: A valid bearer token is required */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_FORBIDDEN: The Host, the Origin or the role of the token is not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_NOT_FOUND: Not found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_TOO_MANY_ATTEMPTS: Too many wrong tokens from this address */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_INTERNAL: Internal error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    readRecording: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description As in the list
                 * @example 5f0c1a52-7d0e-4b36-9f4e-0c6b3a1d2e7f
                 */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The lines */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/x-ndjson": string;
                };
            };
            /** @description GW_UNAUTHORIZED: A valid bearer token is required */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_FORBIDDEN: The Host, the Origin or the role of the token is not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_NOT_FOUND: Not found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_RECORDING_EXISTS: A recording is running; stop it, or wait until it has ended */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_TOO_MANY_ATTEMPTS: Too many wrong tokens from this address */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_INTERNAL: Internal error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getScale: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The last advice */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Scale"];
                };
            };
            /** @description GW_VALIDATION: The request has invalid fields */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_UNAUTHORIZED: A valid bearer token is required */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_FORBIDDEN: The Host, the Origin or the role of the token is not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_TOO_MANY_ATTEMPTS: Too many wrong tokens from this address */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_INTERNAL: Internal error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getPoolScale: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Name of a pool
                 * @example default
                 */
                pool: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The last advice */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PoolScale"];
                };
            };
            /** @description GW_VALIDATION: The request has invalid fields */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_UNAUTHORIZED: A valid bearer token is required */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_FORBIDDEN: The Host, the Origin or the role of the token is not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_NOT_FOUND: Not found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_TOO_MANY_ATTEMPTS: Too many wrong tokens from this address */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_INTERNAL: Internal error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getSession: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The caller */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Session"];
                };
            };
            /** @description GW_UNAUTHORIZED: A valid bearer token is required */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_FORBIDDEN: The Host, the Origin or the role of the token is not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_TOO_MANY_ATTEMPTS: Too many wrong tokens from this address */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_INTERNAL: Internal error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getStatus: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The current state */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["GatewayStatus"];
                };
            };
            /** @description GW_UNAUTHORIZED: A valid bearer token is required */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_FORBIDDEN: The Host, the Origin or the role of the token is not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_TOO_MANY_ATTEMPTS: Too many wrong tokens from this address */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_INTERNAL: Internal error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getInternalRoot: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description PEM */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/x-pem-file": string;
                };
            };
            /** @description GW_UNAUTHORIZED: A valid bearer token is required */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_FORBIDDEN: The Host, the Origin or the role of the token is not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_NOT_FOUND: Not found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_TOO_MANY_ATTEMPTS: Too many wrong tokens from this address */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_INTERNAL: Internal error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    watchMetrics: {
        parameters: {
            query?: {
                /** @description Seconds between frames; default: the configured interval */
                interval_s?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Messages follow; their schema is openapi/metrics-ws.schema.json */
            101: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description GW_VALIDATION: The request has invalid fields */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_UNAUTHORIZED: A valid bearer token is required */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_FORBIDDEN: The Host, the Origin or the role of the token is not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_NOT_FOUND: Not found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_TOO_MANY_ATTEMPTS: Too many wrong tokens from this address */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_INTERNAL: Internal error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_TOO_MANY_STREAMS: Too many clients are watching the metrics; try again later */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
}
