/** Sluice's admin API with types. Generated from openapi.json by scripts/write-openapi.ts: do not edit. */
import createFetchClient, { type Client, type ClientOptions } from 'openapi-fetch';

export type SluiceClient = Client<paths>;

/** `createClient({ baseUrl: 'http://127.0.0.1:9000', headers: { authorization: 'Bearer …' } })` */
export function createClient(options: ClientOptions): SluiceClient {
  return createFetchClient<paths>(options);
}

export interface paths {
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
    "/readyz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** May it get traffic? */
        get: operations["getReadiness"];
        put?: never;
        post?: never;
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
        post?: never;
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
        put?: never;
        post?: never;
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
         * @description Kept in memory as long as the backend is configured, over every reload.
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
        /** Read the figures of one backend in the last minute or hour */
        get: operations["getBackendMetricsHistory"];
        put?: never;
        post?: never;
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
    "/v1/api/clients": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List clients by key
         * @description X-Total-Count has the number of all that match, Link the next and the previous page.
         */
        get: operations["listClients"];
        put?: never;
        /**
         * Create a client
         * @description Without capacity or rate_per_second, the default limit’s are taken.
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
         * Replace a client’s settings; its API key stays
         * @description With If-Match, only when nobody has changed it since.
         */
        put: operations["replaceClient"];
        post?: never;
        /**
         * Delete a client; the default limit is in force for it from then on
         * @description With If-Match, only when nobody has changed it since.
         */
        delete: operations["deleteClient"];
        options?: never;
        head?: never;
        /**
         * Change some of a client’s settings, or its API key
         * @description A JSON merge patch (RFC 7396). With If-Match, only when nobody has changed it since.
         */
        patch: operations["changeClient"];
        trace?: never;
    };
    "/v1/api/config": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read the configuration in force */
        get: operations["getConfig"];
        /**
         * Write the file anew and put it in force
         * @description A wrong text is refused whole and the file stays. What the file said is kept beside it as `.bak`. Answers when the new one is in force on every traffic thread.
         */
        put: operations["replaceConfig"];
        post?: never;
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
         * Say what a reload would change
         * @description Of the text in `config`, else of the file. Nothing is put in force.
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
         * @description Answers when it is in force on every traffic thread. A wrong file is refused whole, every problem in `details`, and what was in force stays. The same as SIGHUP.
         */
        post: operations["reloadConfig"];
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
         * Read what has happened
         * @description Newest first. They are kept in memory: a restart begins anew.
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
    "/v1/api/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read the whole report */
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
        /** Read the figures of the last minute or hour */
        get: operations["getMetricsHistory"];
        put?: never;
        post?: never;
        delete?: never;
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
    "/v1/api/session": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Who am I?
         * @description Needs no token. A wrong one is answered 401, as everywhere.
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
    "/ws/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Live figures (WebSocket)
         * @description A message of type `snapshot` at once, then one of type `frame` each interval; a slow reader gets the latest, not all. Browsers pass the token as the subprotocols `sluice.metrics.v1`, `sluice.bearer.<base64url of it>`.
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
            /** @description Name of the token; anonymous: without one; cli: the command line */
            actor: string;
            /** @description Where the call came from */
            address: string;
            /** @description As it is since then; null: it is gone, or nothing changed */
            after: unknown;
            /** Format: date-time */
            at: string;
            /** @description As it was, without secrets; null: it was not there, or nothing changed */
            before: unknown;
            id: number;
            request_id: string;
            /**
             * @description Null: it was refused for want of a token
             * @enum {string|null}
             */
            role: "viewer" | "operator" | "admin" | null;
            /** @description Of the answer */
            status: number;
            /** @description What it was done to; null: the gateway */
            target: string | null;
        };
        /** Backend */
        Backend: {
            /** @description Adaptation of its weight; null: off */
            adaptive: {
                error_rate: number;
                /** @description Mean time to first byte when it was last judged; null: not known */
                latency_ms: number | null;
                /** @description Requests it was judged by, or that have come together so far */
                samples: number;
                /** @description Factor of its configured weight */
                share: number;
                /** @description What that was compared with; null: nothing */
                target_latency_ms: number | null;
                /** @description Why it is not judged: `12 of 20 samples`; null: it is */
                waiting: string | null;
            } | null;
            /** @description False only when probes found it unhealthy */
            alive: boolean;
            /** @description It gets requests */
            available: boolean;
            /** @description Gets requests only while no other can take them */
            backup: boolean;
            /** @enum {string} */
            circuit: "closed" | "open" | "half-open";
            /** @description The same as in_flight */
            connections: number;
            draining: boolean;
            /** @description In force now: slow start and adaptation included */
            effective_weight: number;
            /** @description Time to first byte, exponential average with α = 0.2, ms; null: no sample */
            ema_ms: number | null;
            enabled: boolean;
            /** @description Share of failures in the circuit window */
            error_rate: number;
            /** @description Since start */
            failures_total: number;
            /** @description The verdict of the probes; null: not known */
            healthy: boolean | null;
            id: string;
            /** @description Requests it is working on */
            in_flight: number;
            /**
             * Format: date-time
             * @description The last probe; null: none yet
             */
            last_checked: string | null;
            /** @description What the last probe said when it failed */
            last_error: string | null;
            /** @description Requests it works on at a time, its own or the pool's; null: any number */
            max_in_flight: number | null;
            /** @description What clients know it by: in X-Sluice-Backend and in sticky cookies */
            opaque_id: string;
            /** @description Time to first byte over the last minute, ms; null: no sample */
            p50: number | null;
            /** @description See p50 */
            p95: number | null;
            /** @description See p50 */
            p99: number | null;
            pool: string;
            /**
             * @description Why it is not available; null when it is
             * @enum {string|null}
             */
            reason: "disabled" | "draining" | "unhealthy" | "ejected" | "circuit_open" | "full" | null;
            /** @description Since start */
            requests_total: number;
            /** @description Null: it is not in slow start */
            slow_start: {
                /**
                 * Format: date-time
                 * @description When it has its whole weight
                 */
                ends_at: string;
                /** @description Part of its weight that it has */
                share: number;
            } | null;
            /**
             * @description down: it gets no requests because of how it is; degraded: it gets some, and something is wrong
             * @enum {string}
             */
            state: "healthy" | "degraded" | "down";
            /** @description `3 failed probes: connect refused`; null: it is healthy */
            state_reason: string | null;
            /**
             * Format: date-time
             * @description When the state was entered; of the first one, when it was configured
             */
            state_since: string;
            url: string;
            /** @description As configured */
            weight: number;
        };
        /** Change of a backend */
        BackendChange: {
            /** Format: date-time */
            at: string;
            from: string;
            /**
             * @description state: healthy, degraded, down; health: the verdict of the probes; circuit; availability: `available`, or the reason why not; weight: configured, slow start, or adapted
             * @enum {string}
             */
            kind: "state" | "health" | "circuit" | "availability" | "weight";
            reason: string | null;
            to: string;
        };
        /** Bucket */
        Bucket: {
            /** @description Largest burst, in tokens */
            capacity: number;
            /** @description Refill, in tokens a second */
            rate_per_second: number;
        };
        /** Circuit */
        Circuit: {
            consecutive_failures: number;
            enabled: boolean;
            /** @description failure_count / total_calls; 0 without calls */
            error_rate: number;
            /** @description In the sliding window */
            failure_count: number;
            /** @description Trials running now */
            half_open_calls: number;
            half_open_successes: number;
            /**
             * Format: date-time
             * @description Null: there was none
             */
            last_failure_time: string | null;
            /**
             * Format: date-time
             * @description When an open circuit lets a trial pass; null when not open
             */
            next_attempt: string | null;
            /** @enum {string} */
            state: "closed" | "open" | "half-open";
            /** @description In the sliding window */
            success_count: number;
            /** @description In the sliding window */
            total_calls: number;
            /** @description Trips that are not forgotten yet; each doubles the open time */
            trips: number;
        };
        Client: {
            /** @description Shown once: when it was made */
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
            rate_per_second: number;
            /** @description RFC 3339 */
            updated_at: string;
            /** @description Counts up with every change; the ETag is made of it */
            version: number;
        };
        /** Change of the configuration */
        ConfigChange: {
            /** @enum {string} */
            action: "added" | "removed" | "changed";
            /** @description What changed in a pool, backend or route */
            keys: string[];
            /** @enum {string} */
            kind: "setting" | "pool" | "backend" | "route";
            /** @description Key with dots, name of the pool or route, id of the backend */
            name: string;
        };
        /** Database */
        Database: {
            available: boolean;
            /** @enum {string} */
            mode: "embedded" | "postgres";
        };
        /** @description The body of every error answer */
        Error: {
            /** @description The HTTP status again */
            code: number;
            /** @description One entry for each wrong field */
            details?: {
                field: string;
                message: string;
            }[];
            /**
             * @description Stable: match on this
             * @enum {string}
             */
            error: "GW_BAD_REQUEST" | "GW_BAD_PATH" | "GW_VALIDATION" | "GW_BAD_JSON" | "GW_UNAUTHORIZED" | "GW_FORBIDDEN" | "GW_NOT_FOUND" | "GW_NO_ROUTE" | "GW_CLIENT_NOT_FOUND" | "GW_BACKEND_NOT_FOUND" | "GW_METHOD_NOT_ALLOWED" | "GW_REQUEST_TIMEOUT" | "GW_CONFIG_NOT_WRITABLE" | "GW_CLIENT_EXISTS" | "GW_PRECONDITION_FAILED" | "GW_BODY_TOO_LARGE" | "GW_UNSUPPORTED_MEDIA_TYPE" | "GW_EXPECTATION_FAILED" | "GW_RATE_LIMITED" | "GW_TOO_MANY_ATTEMPTS" | "GW_HEAD_TOO_LARGE" | "GW_INTERNAL" | "GW_CODING_NOT_SUPPORTED" | "GW_UPGRADE_NOT_SUPPORTED" | "GW_BACKEND_UNREACHABLE" | "GW_BACKEND_RESET" | "GW_BACKEND_INVALID" | "GW_NO_BACKEND" | "GW_POOL_FULL" | "GW_QUEUE_TIMEOUT" | "GW_DATABASE_UNAVAILABLE" | "GW_CLIENT_TABLE_FULL" | "GW_TOO_MANY_STREAMS" | "GW_STOPPING" | "GW_CONNECT_TIMEOUT" | "GW_RESPONSE_TIMEOUT";
            message: string;
            /** @description The same as the x-request-id header; find it in the log */
            request_id: string;
        };
        /** Event */
        Event: {
            /** Format: date-time */
            at: string;
            /** @description Counts up since the start of the process */
            id: number;
            /** @enum {string} */
            kind: "health" | "circuit" | "backend" | "client" | "configuration" | "thread" | "database" | "limit";
            message: string;
            /** @enum {string} */
            severity: "info" | "warn" | "error";
            /** @description Id of the backend, key of the client, number of the thread */
            subject: string | null;
        };
        /** Frame of /ws/metrics */
        Frame: {
            /** Format: date-time */
            at: string;
            backends: components["schemas"]["Backend"][];
            database: components["schemas"]["Database"];
            /** @description Seconds between frames */
            interval_s: number;
            limiter: components["schemas"]["Limiter"];
            routes: components["schemas"]["Route"][];
            /** @description The configuration version in force */
            snapshot: number;
            threads: components["schemas"]["Thread"][];
            /** @description p50, p95, p99: whole request over the last minute, ms; null: no sample */
            total: {
                in_flight: number;
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
        /** History */
        History: {
            /** @description Between points */
            interval_seconds: number;
            /** @description Oldest first */
            points: {
                /**
                 * Format: date-time
                 * @description The end of the interval
                 */
                at: string;
                /** @description Share of errors among the requests of the interval, 0 to 1; null: no request */
                error_rate: number | null;
                /** @description Answers of 500 and above; of a backend: failures as its circuit counts them */
                errors_per_second: number | null;
                /** @description At the end of the interval */
                in_flight: number | null;
                /** @description Over the minute before, ms; null: no sample */
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
        /** Limiter */
        Limiter: {
            /** @description Clients whose bucket is not full now */
            active_clients: number;
            /** @description Since start */
            allowed_total: number;
            /** @description Let through by the allowlist, since start */
            allowlisted_total: number;
            enabled: boolean;
            /** @description Left in the global bucket; null: there is none */
            global_tokens: number | null;
            /** @description Refused by the global bucket, since start */
            refused_global_total: number;
            /** @description Refused by a client's bucket, since start */
            refused_total: number;
            registered_clients: number;
            /** @description Size of the client table */
            table_slots: number;
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
            database: components["schemas"]["Database"];
            /** @description Whole request over the last minute, ms; null: no sample */
            duration: {
                p50: number | null;
                p95: number | null;
                p99: number | null;
            };
            in_flight: number;
            limiter: components["schemas"]["Limiter"];
            pools: {
                /** @enum {string} */
                algorithm: "round-robin" | "weighted-round-robin" | "least-connections" | "random" | "two-choices" | "consistent-hash";
                name: string;
                /** @description Requests that wait for a place at one of its backends */
                queued: number;
            }[];
            /** @description In the last minute, or since the start when that is shorter ago */
            requests_per_minute: number;
            requests_per_second: number;
            /** @description Since start */
            requests_total: number;
            /** @description Since start */
            retries_total: number;
            routes: components["schemas"]["Route"][];
            /** @description The configuration version in force */
            snapshot: number;
            statuses: components["schemas"]["Statuses"];
            threads: components["schemas"]["Thread"][];
            /** @description The same as requests_total */
            total_requests: number;
            uptime_seconds: number;
            version: string;
        };
        /** Rate limit */
        RateLimit: {
            /** @description Clients whose bucket is not full now */
            active_clients: number;
            /** @description The same as active_clients */
            active_ips: number;
            /** @description Since start */
            allowed_total: number;
            /** @description Let through by the allowlist, since start */
            allowlisted_total: number;
            enabled: boolean;
            global_limit: components["schemas"]["Bucket"] | null;
            /** @description Left in the global bucket; null: there is none */
            global_tokens: number | null;
            per_ip_limit: components["schemas"]["Bucket"];
            /** @description Refused by the global bucket, since start */
            refused_global_total: number;
            /** @description Refused by a client's bucket, since start */
            refused_total: number;
            registered_clients: number;
            /** @description Size of the client table */
            table_slots: number;
            /** @enum {string} */
            type: "token_bucket";
        };
        /**
         * Route
         * @description p50, p95, p99: whole request over the last minute, ms
         */
        Route: {
            name: string;
            p50: number | null;
            p95: number | null;
            p99: number | null;
            pool: string;
            requests_per_second: number;
            requests_total: number;
            statuses: components["schemas"]["Statuses"];
        };
        /** @description Who calls */
        Session: {
            /**
             * @description none: no token is configured, everybody may do all
             * @enum {string}
             */
            authentication: "none" | "token";
            /** @description Of the token that was sent; null: none was */
            name: string | null;
            /**
             * @description What it may do; null: nothing
             * @enum {string|null}
             */
            role: "viewer" | "operator" | "admin" | null;
        };
        /**
         * Statuses
         * @description Answers since start; aborted: the client left before
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
            /** @description Closed without an answer since start: by a limit, or for their PROXY header */
            refused_connections: number;
            restarts: number;
            /** @description The configuration version in force on it */
            snapshot: number;
            /** @enum {string} */
            state: "starting" | "running" | "stopping" | "dead";
            /** @description Upgraded connections, WebSockets most of them */
            tunnels: number;
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
            /** @description GW_FORBIDDEN: This Host, this Origin or the role of this token is not allowed here */
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
    getPrometheusMetrics: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Version 0.0.4 of the format, whatever Accept says */
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
            /** @description GW_FORBIDDEN: This Host, this Origin or the role of this token is not allowed here */
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
    getReadiness: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It takes traffic */
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
            /** @description GW_FORBIDDEN: This Host, this Origin or the role of this token is not allowed here */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description It starts, stops or cannot serve */
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
    listAudit: {
        parameters: {
            query?: {
                /** @description `operationId` of a call in this document */
                action?: string;
                /** @description Name of a token */
                actor?: string;
                /** @description `next` of the page before */
                before?: number;
                limit?: number;
                /** @description Not older than this */
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
                        /** @description `before` for the next page; null: this is the last */
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
            /** @description GW_FORBIDDEN: This Host, this Origin or the role of this token is not allowed here */
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
            /** @description GW_DATABASE_UNAVAILABLE: The database is not available; traffic goes on, changes are refused */
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
            /** @description GW_FORBIDDEN: This Host, this Origin or the role of this token is not allowed here */
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
    getBackend: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Percent-encoded */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As it is now */
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
            /** @description GW_FORBIDDEN: This Host, this Origin or the role of this token is not allowed here */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_BACKEND_NOT_FOUND: No such backend */
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
    getBackendHistory: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Percent-encoded */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Newest first, the last hundred */
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
            /** @description GW_FORBIDDEN: This Host, this Origin or the role of this token is not allowed here */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_BACKEND_NOT_FOUND: No such backend */
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
                /** @description 60s, the default: a point a second; 1h: one each ten seconds */
                span?: "60s" | "1h";
            };
            header?: never;
            path: {
                /** @description Percent-encoded */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What is kept in memory */
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
            /** @description GW_FORBIDDEN: This Host, this Origin or the role of this token is not allowed here */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_BACKEND_NOT_FOUND: No such backend */
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
            /** @description GW_FORBIDDEN: This Host, this Origin or the role of this token is not allowed here */
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
    listClients: {
        parameters: {
            query?: {
                enabled?: boolean;
                kind?: "ip" | "cidr" | "id";
                limit?: number;
                offset?: number;
                /** @description Part of the key or name, whatever the case */
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
            /** @description GW_FORBIDDEN: This Host, this Origin or the role of this token is not allowed here */
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
            /** @description GW_DATABASE_UNAVAILABLE: The database is not available; traffic goes on, changes are refused */
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
                    /** @description True: make an API key, shown in this answer only */
                    api_key?: boolean;
                    /** @description Largest burst, in requests */
                    capacity?: number;
                    /**
                     * Format: client-id
                     * @description As sent in X-Client-ID
                     * @example user1
                     */
                    client_id?: string;
                    /** @description False: kept, but its limit and its API key are not in force */
                    enabled?: boolean;
                    /**
                     * Format: ip-or-cidr
                     * @description IPv4 or IPv6 address, or CIDR block
                     * @example 10.0.0.0/8
                     */
                    ip_address?: string;
                    /**
                     * Format: printable
                     * @description For people; null: none
                     */
                    name?: string | null;
                    /**
                     * @deprecated
                     * @description The same as rate_per_second
                     */
                    rate_per_sec?: number;
                    /** @description Refill, in requests a second */
                    rate_per_second?: number;
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
            /** @description GW_FORBIDDEN: This Host, this Origin or the role of this token is not allowed here */
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
            /** @description GW_UNSUPPORTED_MEDIA_TYPE: The content type is not supported; send application/json */
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
            /** @description GW_DATABASE_UNAVAILABLE: The database is not available; traffic goes on, changes are refused · GW_CLIENT_TABLE_FULL: The client table is full; raise rate_limit.max_clients */
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
                /**
                 * @description IP address, CIDR block or client id, percent-encoded
                 * @example 10.0.0.0%2F8
                 */
                key: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The client as it is in force */
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
            /** @description GW_FORBIDDEN: This Host, this Origin or the role of this token is not allowed here */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_CLIENT_NOT_FOUND: No such client */
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
            /** @description GW_DATABASE_UNAVAILABLE: The database is not available; traffic goes on, changes are refused */
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
                /**
                 * @description IP address, CIDR block or client id, percent-encoded
                 * @example 10.0.0.0%2F8
                 */
                key: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description Largest burst, in requests */
                    capacity: number;
                    /** @description False: kept, but its limit and its API key are not in force */
                    enabled?: boolean;
                    /**
                     * Format: printable
                     * @description For people; null: none
                     */
                    name?: string | null;
                    /**
                     * @deprecated
                     * @description The same as rate_per_second
                     */
                    rate_per_sec?: number;
                    /** @description Refill, in requests a second */
                    rate_per_second: number;
                };
            };
        };
        responses: {
            /** @description The client as it is in force */
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
            /** @description GW_FORBIDDEN: This Host, this Origin or the role of this token is not allowed here */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_CLIENT_NOT_FOUND: No such client */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_PRECONDITION_FAILED: The client was changed by somebody else since it was read */
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
            /** @description GW_UNSUPPORTED_MEDIA_TYPE: The content type is not supported; send application/json */
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
            /** @description GW_DATABASE_UNAVAILABLE: The database is not available; traffic goes on, changes are refused · GW_CLIENT_TABLE_FULL: The client table is full; raise rate_limit.max_clients */
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
                /**
                 * @description IP address, CIDR block or client id, percent-encoded
                 * @example 10.0.0.0%2F8
                 */
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
            /** @description GW_FORBIDDEN: This Host, this Origin or the role of this token is not allowed here */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_CLIENT_NOT_FOUND: No such client */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_PRECONDITION_FAILED: The client was changed by somebody else since it was read */
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
            /** @description GW_DATABASE_UNAVAILABLE: The database is not available; traffic goes on, changes are refused */
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
                /**
                 * @description IP address, CIDR block or client id, percent-encoded
                 * @example 10.0.0.0%2F8
                 */
                key: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description True: make a new API key, shown in this answer only; false: remove it */
                    api_key?: boolean;
                    /** @description Largest burst, in requests */
                    capacity?: number;
                    /** @description False: kept, but its limit and its API key are not in force */
                    enabled?: boolean;
                    /**
                     * Format: printable
                     * @description For people; null: none
                     */
                    name?: string | null;
                    /**
                     * @deprecated
                     * @description The same as rate_per_second
                     */
                    rate_per_sec?: number;
                    /** @description Refill, in requests a second */
                    rate_per_second?: number;
                };
            };
        };
        responses: {
            /** @description The client as it is in force */
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
            /** @description GW_FORBIDDEN: This Host, this Origin or the role of this token is not allowed here */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_CLIENT_NOT_FOUND: No such client */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description GW_PRECONDITION_FAILED: The client was changed by somebody else since it was read */
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
            /** @description GW_UNSUPPORTED_MEDIA_TYPE: The content type is not supported; send application/json */
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
            /** @description GW_DATABASE_UNAVAILABLE: The database is not available; traffic goes on, changes are refused · GW_CLIENT_TABLE_FULL: The client table is full; raise rate_limit.max_clients */
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
    getConfig: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As it is in force */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /**
                         * Format: date-time
                         * @description When it was put in force
                         */
                        applied_at: string;
                        /** @description As it was named at the start; null: flags only */
                        file: string | null;
                        /** @description Why the last reload was refused; null: it was not */
                        last_error: string | null;
                        /** @description Keys that differ and keep their old value until the gateway is started again */
                        restart_required: string[];
                        /** @description In the shape of the file, every default filled in; `***` stands for a secret */
                        settings: {
                            [key: string]: unknown;
                        };
                        /** @description Of the snapshot in force */
                        version: number;
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
            /** @description GW_FORBIDDEN: This Host, this Origin or the role of this token is not allowed here */
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
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description The whole file: YAML, or JSON when its name ends in .json */
                    config: string;
                };
            };
        };
        responses: {
            /** @description The file was right */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        changes: components["schemas"]["ConfigChange"][];
                        /** @description Keys that differ and keep their old value until the gateway is started again */
                        restart_required: string[];
                        /**
                         * @description applied: in force on every thread
                         * @enum {string}
                         */
                        result: "applied" | "unchanged";
                        /** @description Of the snapshot in force */
                        version: number;
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
            /** @description GW_FORBIDDEN: This Host, this Origin or the role of this token is not allowed here */
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
            /** @description GW_UNSUPPORTED_MEDIA_TYPE: The content type is not supported; send application/json */
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
                    /** @description YAML or JSON text; left out: the file as it is now */
                    config?: string;
                };
            };
        };
        responses: {
            /** @description It is right */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        changes: components["schemas"]["ConfigChange"][];
                        /** @description Keys that differ and keep their old value until the gateway is started again */
                        restart_required: string[];
                        /** @enum {boolean} */
                        valid: true;
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
            /** @description GW_FORBIDDEN: This Host, this Origin or the role of this token is not allowed here */
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
            /** @description GW_UNSUPPORTED_MEDIA_TYPE: The content type is not supported; send application/json */
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
    reloadConfig: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The file was right */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        changes: components["schemas"]["ConfigChange"][];
                        /** @description Keys that differ and keep their old value until the gateway is started again */
                        restart_required: string[];
                        /**
                         * @description applied: in force on every thread
                         * @enum {string}
                         */
                        result: "applied" | "unchanged";
                        /** @description Of the snapshot in force */
                        version: number;
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
            /** @description GW_FORBIDDEN: This Host, this Origin or the role of this token is not allowed here */
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
                kind?: "health" | "circuit" | "backend" | "client" | "configuration" | "thread" | "database" | "limit";
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Newest first; the last thousand are kept, in memory */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["Event"][];
                        /** @description `before` of the next page; null: there is none */
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
            /** @description GW_FORBIDDEN: This Host, this Origin or the role of this token is not allowed here */
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
    getMetrics: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As it is now */
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
            /** @description GW_FORBIDDEN: This Host, this Origin or the role of this token is not allowed here */
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
                /** @description 60s, the default: a point a second; 1h: one each ten seconds */
                span?: "60s" | "1h";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What is kept in memory */
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
            /** @description GW_FORBIDDEN: This Host, this Origin or the role of this token is not allowed here */
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
    getRateLimit: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As it is now */
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
            /** @description GW_FORBIDDEN: This Host, this Origin or the role of this token is not allowed here */
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
    getSession: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Who calls */
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
            /** @description GW_FORBIDDEN: This Host, this Origin or the role of this token is not allowed here */
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
    watchMetrics: {
        parameters: {
            query?: {
                /** @description Seconds between frames; default of the settings */
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
            /** @description GW_FORBIDDEN: This Host, this Origin or the role of this token is not allowed here */
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
            /** @description GW_TOO_MANY_STREAMS: Too many clients watch the metrics; try again later */
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
