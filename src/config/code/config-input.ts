/**
 * The configuration as a file or code gives it: keys with a default are optional.
 *
 * Generated from src/config/schema/schema.ts by scripts/write-config-docs.ts. Do not edit.
 */

/** `${NAME}`: the value of an environment variable, as in a YAML file. */
type Variable = `\${${string}}`;

export interface Config {
  /** The public port. */
  readonly server?: {
    /** Address the public port listens on. Default: `0.0.0.0`. */
    readonly host?: string | undefined;
    /** Public port; 0: any free one. Default: `8080`. */
    readonly port?: number | Variable | undefined;
    /** Traffic threads; `auto`: one for each processor that affinity and the CPU limit of the container allow, rounded down. Default: `auto`. */
    readonly threads?: 'auto' | number | Variable | undefined;
    /** Place of this gateway. Default: `SLUICE_REGION` and `SLUICE_ZONE`. */
    readonly locality?: {
      /** The region this gateway runs in, such as `eu-central-1`. Default: unknown. */
      readonly region?: string | undefined;
      /** The zone this gateway runs in, such as `eu-central-1a`. Zones of different regions are different ones. Default: unknown. */
      readonly zone?: string | undefined;
    } | undefined;
    /** Proxies whose `X-Forwarded-*`, `Forwarded`, `X-Real-IP` and similar headers are trusted and forwarded; from others they are dropped. Default: `[]`. */
    readonly trust_proxy?: readonly string[] | undefined;
    /** PROXY protocol header required at the start of every connection; its address becomes the peer. Default: `off`. */
    readonly proxy_protocol?: 'off' | 'v1' | 'v2' | 'any' | Variable | undefined;
    /** Peers that may send a PROXY protocol header; connections of others are closed. Empty: those of `trust_proxy`. Default: `[]`. */
    readonly proxy_protocol_from?: readonly string[] | undefined;
    /** Most client connections at a time, across all threads of this gateway; further ones are closed. `auto`: half of the open-files limit, minus 128; 0: all of it, minus 128. Default: `auto`. */
    readonly max_connections?: 'auto' | number | Variable | undefined;
    /** The same per address (IPv6: per /64), except for `trust_proxy` and the `allowlist`; 0: no limit. Default: `1024`. */
    readonly max_connections_per_ip?: number | Variable | undefined;
    /** The answer to the last one has `Connection: close`; 0: no limit. Default: `0`. */
    readonly max_requests_per_connection?: number | Variable | undefined;
    /** Requests of one connection processed at a time; further ones are read once answers are sent. 1: one after the other. Default: `8`. */
    readonly max_pipelined_requests?: number | Variable | undefined;
    /** Largest request head. Bytes. Default: `16384`. */
    readonly max_head_bytes?: number | Variable | undefined;
    /** Most header fields of a request; with more, the answer is 431. Default: `200`. */
    readonly max_headers?: number | Variable | undefined;
    /** Time limit for receiving the request head. Default: `10s`. */
    readonly head_timeout?: string | undefined;
    /** Time limit for receiving the whole request, including its body; it does not run while a backend takes no more of it. Default: `120s`. */
    readonly request_timeout?: string | undefined;
    /** Slower request bodies are answered 408. Bytes per second; 0: no limit. Default: `1024`. */
    readonly min_body_rate?: number | Variable | undefined;
    /** Clients that read an answer or a tunnel more slowly are disconnected. Only time with data to read counts. Bytes per second; 0: no limit. Default: `1024`. */
    readonly min_response_rate?: number | Variable | undefined;
    /** Window over which `min_body_rate` and `min_response_rate` are measured. Default: `10s`. */
    readonly body_rate_window?: string | undefined;
    /** A client that reads nothing of its answer for this long is disconnected. Default: `60s`. */
    readonly write_timeout?: string | undefined;
    /** Load shedding by priority. */
    readonly shedding?: {
      /** Refuse requests of lower `priority` while a traffic thread or a pool is overloaded (503). Default: `false`. */
      readonly enabled?: boolean | Variable | undefined;
      /** Delay of the event loop above which a busy thread is overloaded. Default: `50ms`. */
      readonly target_delay?: string | undefined;
      /** How long it must last. Default: `500ms`. */
      readonly interval?: string | undefined;
      /** Part of `max_in_flight` and `queue.size` of a pool in use above which it sheds requests; full: all but those of priority 9. Default: `0.8`. */
      readonly pool_fill?: number | Variable | undefined;
    } | undefined;
    /** HTTP/2 from clients. */
    readonly http2?: {
      /** Offer HTTP/2 on the TLS port. Default: `true`. */
      readonly enabled?: boolean | Variable | undefined;
      /** Also accept it without TLS, with prior knowledge, on `server.port`. Default: `false`. */
      readonly h2c?: boolean | Variable | undefined;
      /** Requests of one connection processed at a time. Default: `128`. */
      readonly max_streams?: number | Variable | undefined;
      /** Most requests that a client may reset at a time; then its connection is closed (rapid reset). Default: `100`. */
      readonly reset_burst?: number | Variable | undefined;
      /** Resets that `reset_burst` regains. Per second. Default: `10`. */
      readonly reset_rate?: number | Variable | undefined;
      /** Most of a request body that is received before the backend takes it. Bytes. Default: `262144`. */
      readonly stream_window_bytes?: number | Variable | undefined;
      /** The same for all requests of a connection, until the gateway has read it. Bytes. Default: `1048576`. */
      readonly connection_window_bytes?: number | Variable | undefined;
    } | undefined;
    /** An idle client's connection is closed after this. Default: `72s`. */
    readonly keep_alive?: string | undefined;
    /** When stopping: keep accepting requests for this long while readiness already reports 503 and answers say `Connection: close`; `0s`: not at all. Allow for several health checks of the load balancer in front. Default: `5s`. */
    readonly drain_delay?: string | undefined;
    /** When stopping: then wait this long for running requests. Default: `10s`. */
    readonly drain_timeout?: string | undefined;
    /** When stopping: the same for WebSockets and other upgraded connections. Default: `30s`. */
    readonly stream_drain_timeout?: string | undefined;
    /** When stopping: the process exits after this time in any case. Default: `45s`. */
    readonly stop_timeout?: string | undefined;
  } | undefined;
  /** TLS on a port of its own; without this section there is none. */
  readonly tls?: {
    /** Port for TLS, on `server.host`; 0: any free one. Default: `8443`. */
    readonly port?: number | Variable | undefined;
    /** Status with which the plain port redirects to https, for hosts that have a certificate. Default: `308`. */
    readonly redirect?: 'off' | 301 | 308 | Variable | undefined;
    /** Port in the `Location` of a redirect; 443 is left out. `auto`: 443, or `port` if the client names the plain port as it is here, so that nothing maps ports. Default: `auto`. */
    readonly redirect_port?: 'auto' | number | Variable | undefined;
    /** `max-age` of `Strict-Transport-Security` in answers over TLS that have none of their own; `0s`: the field is not sent. Default: `0s`. */
    readonly hsts?: string | undefined;
    /** Lowest version of TLS. Default: `TLSv1.2`. */
    readonly min_version?: 'TLSv1.2' | 'TLSv1.3' | Variable | undefined;
    /** For a client that asks for a host without certificate, or for none: refuse the handshake, or serve the first certificate. Default: `reject`. */
    readonly unknown_name?: 'reject' | 'default' | Variable | undefined;
    /** Time limit for the TLS handshake. Default: `10s`. */
    readonly handshake_timeout?: string | undefined;
    /** Session tickets get new keys in this interval; a client with an older ticket makes a full handshake. Default: `12h`. */
    readonly ticket_rotation?: string | undefined;
    /** Certificates of clients (mutual TLS), by host. Other hosts ask for none. Default: `[]`. */
    readonly client_auth?: readonly {
      /** Hosts that ask their clients for a certificate. */
      readonly hosts: readonly string[];
      /** `require`: requests without a valid certificate are answered 403; `optional`: they pass without its identity. Default: `require`. */
      readonly mode?: 'require' | 'optional' | Variable | undefined;
      /** PEM file with the authorities that issue the certificates. Watched. */
      readonly ca_file: string;
      /** PEM file with the lists of revoked certificates, one of each authority. Watched. */
      readonly crl_file?: string | undefined;
      /** What identifies the client: `cert:` and the SHA-256 fingerprint of its certificate, or its first URI, DNS name or e-mail address; `none`: nothing. Default: `fingerprint`. */
      readonly identity?: 'fingerprint' | 'san' | 'none' | Variable | undefined;
      /** Describe the certificate to the backend in `X-Forwarded-Client-Cert`; what the client sent there is dropped. Default: `false`. */
      readonly forward?: boolean | Variable | undefined;
    }[] | undefined;
    /** Address for accounts with authorities. `letsencrypt` needs it: with it you agree to the terms of service of Let's Encrypt. */
    readonly acme_email?: string | undefined;
    /** Further authorities, by name; one named `letsencrypt` replaces the known one. */
    readonly acme?: { readonly [name: string]: {
      /** URL of its ACME directory. */
      readonly directory: string;
      /** Address of its account. Default: `tls.acme_email`. */
      readonly email?: string | undefined;
      /** You agree to its terms of service; required. Default: `false`. */
      readonly agree?: boolean | Variable | undefined;
      /** Kind of certificate to order, of those it offers, such as `shortlived`. */
      readonly profile?: string | undefined;
      /** If it offers several chains for a certificate, the one to a root of this common name is served, such as `ISRG Root X1`. Applies with the next order. */
      readonly preferred_chain?: string | undefined;
      /** How it may validate names, best first; after a failure the next one is used. Wildcards need `dns-01`. Default: `["tls-alpn-01","http-01"]`. */
      readonly challenges?: readonly ('tls-alpn-01' | 'http-01' | 'dns-01' | Variable)[] | undefined;
      /** Binding to an account that you have with the authority, if it requires one. */
      readonly eab?: {
        /** Key id. */
        readonly kid: string;
        /** HMAC key. */
        readonly hmac: string;
      } | undefined;
      /** Roots to trust when connecting to it, in PEM, for an authority of your own. Default: those of Node. */
      readonly ca_file?: string | undefined;
      /** Another authority, used after three failures in a row. */
      readonly fallback?: string | undefined;
      /** Program for `dns-01`, called as `HOOK present NAME VALUE` and `HOOK cleanup NAME VALUE` to set and remove a TXT record. It must end with 0 once the record can be read. */
      readonly dns_hook?: string | undefined;
    } } | undefined;
    /** Encrypts the private keys of `acme` in the database; required with PostgreSQL. Default: a key in `acme-storage.key` in `database.data_dir`. */
    readonly storage_key?: string | undefined;
    /** The first one is the default for `unknown_name: default`. */
    readonly certificates: readonly {
      /** Names it is served for. Default: all names in the certificate; required with `internal`, and with `acme` unless it is `on_demand`. */
      readonly hosts?: readonly string[] | undefined;
      /** PEM file: the certificate, then its intermediates. Watched: a new one is served without a reload. */
      readonly cert_file?: string | undefined;
      /** PEM file with the private key, without a passphrase. Watched, too. */
      readonly key_file?: string | undefined;
      /** Ordered from this authority and renewed: `letsencrypt`, `letsencrypt-staging`, or one of `tls.acme`. */
      readonly acme?: string | undefined;
      /** Ordered when a client asks for a name, one certificate for each. `hosts` limits the names to these patterns; without it, all names with a dot are asked about. */
      readonly on_demand?: {
        /** URL of your service, asked as `GET ASK?domain=NAME` before a certificate is ordered or renewed: only an answer of 2xx allows it. Required: without it, anyone could have certificates ordered for any name. */
        readonly ask: string;
        /** Time limit for its answer; after that, the answer is no. Default: `2s`. */
        readonly ask_timeout?: string | undefined;
        /** How long an answer is reused, whether yes or no. Default: `1m`. */
        readonly ask_cache?: string | undefined;
        /** Names it is asked about per second, at most; others are refused. Default: `10`. */
        readonly asks_per_second?: number | Variable | undefined;
        /** How long the handshakes for a name wait for its certificate; they are refused then, and the order continues. Default: `30s`. */
        readonly wait?: string | undefined;
        /** Names that are asked about or ordered at a time; others are refused. Default: `50`. */
        readonly max_pending?: number | Variable | undefined;
        /** Orders for new names per hour, of all gateways; other names are refused. Authorities have limits of their own. Default: `100`. */
        readonly orders_per_hour?: number | Variable | undefined;
        /** Names with a certificate, at most; further names are refused. Default: `1000`. */
        readonly max_certificates?: number | Variable | undefined;
        /** A certificate that no client has asked for in so many days is not renewed, and removed once it has expired. Default: `30`. */
        readonly keep_unused_days?: number | Variable | undefined;
      } | undefined;
      /** Issued by an authority of this gateway, for development. `sluice trust` prints its root; its key is in `database.data_dir`. Default: `false`. */
      readonly internal?: boolean | Variable | undefined;
    }[];
  } | undefined;
  /** The admin port: API, dashboard, metrics. */
  readonly admin?: {
    /** Address the admin port listens on; any address except loopback requires a token. Default: `127.0.0.1`. */
    readonly host?: string | undefined;
    /** Admin port; 0: any free one. Default: `9000`. */
    readonly port?: number | Variable | undefined;
    /** Require TLS on the admin port, with the certificates and settings of the section `tls`. Default: `false`. */
    readonly tls?: boolean | Variable | undefined;
    /** Bearer token required for admin requests; beyond loopback at least 20 characters. Default: `SLUICE_ADMIN_TOKEN`, otherwise none. */
    readonly token?: string | undefined;
    /** `Host` names, without port, that the admin port accepts in addition to loopback names and its address. Default: `[]`. */
    readonly allowed_hosts?: readonly string[] | undefined;
    /** Also serve the API paths of balancers that Sluice can replace: docs/migrating.md. Default: `true`. */
    readonly compat?: boolean | Variable | undefined;
    /** Further tokens, each with a role; `token` has the role admin. Default: `[]`. */
    readonly tokens?: readonly {
      /** Name in the audit log and in `/v1/api/session`. Unique. */
      readonly name: string;
      /** A viewer can read, an operator can also change clients and backends, an admin can do everything. */
      readonly role: 'viewer' | 'operator' | 'admin' | Variable;
      /** Hash of the token, as printed by `sluice token create`. */
      readonly hash: string;
    }[] | undefined;
    /** Further origins whose pages may use the admin API, such as `https://ops.example.com`. Default: `[]`. */
    readonly cors_origins?: readonly string[] | undefined;
    /** Older entries of the audit log are removed once a day; 0: never. Days. Default: `90`. */
    readonly audit_keep_days?: number | Variable | undefined;
  } | undefined;
  /** Storage of registered clients. */
  readonly database?: {
    /** URL of a PostgreSQL server. Default: `DATABASE_URL`, otherwise the embedded database. */
    readonly url?: string | undefined;
    /** PostgreSQL schema of the tables; created if missing. Default: the first of the user's `search_path`, usually `public`. */
    readonly schema?: string | undefined;
    /** The older name of `fleet.name`. */
    readonly gateway?: string | undefined;
    /** With a URL: refuse to start if the server is unreachable. Default: `true`. */
    readonly required?: boolean | Variable | undefined;
    /** Folder of the embedded database, relative to the working directory. Default: `./data`. */
    readonly data_dir?: string | undefined;
    /** Interval for saving the bucket levels of registered clients. Default: `5s`. */
    readonly save_levels?: string | undefined;
  } | undefined;
  /** Redis 5 or later, or Valkey: one of `url`, `nodes` (Cluster) and `sentinel`. docs/redis.md. Changes need a restart. */
  readonly redis?: {
    /** One server. `redis://`, `rediss://` with TLS, or `unix:///run/redis.sock?db=0`. Empty: no Redis. */
    readonly url?: string | undefined;
    /** Some nodes of a Redis Cluster, as `host:port`; the others are found. */
    readonly nodes?: readonly string[] | undefined;
    /** Servers that Redis Sentinel watches: the current master is used. */
    readonly sentinel?: {
      /** Name of the master. */
      readonly name: string;
      /** Sentinels, as `host:port`; the default port is 26379. The first that knows the master is believed. */
      readonly nodes: readonly string[];
      /** ACL user at the Sentinels. Default: `default`. */
      readonly username?: string | undefined;
      /** Password at the Sentinels. Default: none. */
      readonly password?: string | undefined;
    } | undefined;
    /** All keys begin with it and a colon. One for each fleet that shares a server. Default: `sluice`. */
    readonly prefix?: string | undefined;
    /** ACL user, if the URL names none. Default: `default`. */
    readonly username?: string | undefined;
    /** Password, if the URL has none. */
    readonly password?: string | undefined;
    /** Database with `sentinel`. A URL has its own, and a Cluster has only 0. Default: `0`. */
    readonly db?: number | Variable | undefined;
    /** TLS to Redis, and to the Sentinels. With `nodes` or `sentinel`, this mapping turns it on, even if empty. */
    readonly tls?: {
      /** Trusted authorities, in PEM. Default: those that Node trusts. */
      readonly ca_file?: string | undefined;
      /** Client certificate, in PEM. Requires `key_file`. */
      readonly cert_file?: string | undefined;
      /** Private key of the client certificate, in PEM, without a passphrase. */
      readonly key_file?: string | undefined;
      /** Name that certificates must be valid for, sent as SNI. Default: the host; needed where Sentinel or Cluster announce addresses. */
      readonly server_name?: string | undefined;
    } | undefined;
    /** Time limit for a connection to be ready, including TLS and authentication. Default: `1s`. */
    readonly connect_timeout?: string | undefined;
  } | undefined;
  /** Gateways that share a PostgreSQL database know each other: docs/operations.md. */
  readonly fleet?: {
    /** Name of this gateway among those that share a PostgreSQL database, in the audit log, events, logs and metrics. Unique, and the same after a restart. Default: host name and port, such as `gw-1:8080`. */
    readonly name?: string | undefined;
    /** Interval at which this gateway reports to the database that it is alive. Default: `5s`. */
    readonly beat?: string | undefined;
    /** Without a beat for this long, a gateway is lost. At least twice `beat`, the same on all. Default: `15s`. */
    readonly expire?: string | undefined;
    /** How many gateways there should be: `GET /v1/api/scale`. Default: not computed. */
    readonly scale?: {
      /** Fewest replicas. Default: `1`. */
      readonly min?: number | Variable | undefined;
      /** Most replicas. Default: `10`. */
      readonly max?: number | Variable | undefined;
      /** Requests a second that one replica should get. At least one of the targets is required. */
      readonly rps?: number | Variable | undefined;
      /** Requests in flight that one replica should have, waiting ones included. */
      readonly in_flight?: number | Variable | undefined;
      /** Share of the processors that a gateway may use that it should use. */
      readonly cpu?: number | Variable | undefined;
      /** The number falls once nothing has asked for more for this long; `0s`: at once. Default: `5m`. */
      readonly stabilization?: string | undefined;
    } | undefined;
  } | undefined;
  /** Logs. */
  readonly log?: {
    /** Lowest level that is logged. Default: `info`. */
    readonly level?: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent' | Variable | undefined;
    /** `auto`: pretty on a terminal, JSON elsewhere. Default: `auto`. */
    readonly format?: 'auto' | 'json' | 'pretty' | Variable | undefined;
    /** Add the name of this gateway to each line, if `fleet.name` or `database.url` is set. Default: `true`. */
    readonly gateway?: boolean | Variable | undefined;
    /** The access log. */
    readonly access?: {
      /** One line for each request. Default: `true`. */
      readonly enabled?: boolean | Variable | undefined;
      /** Share of requests that is logged; answers of 500 and above always are. Default: `1`. */
      readonly sample?: number | Variable | undefined;
    } | undefined;
  } | undefined;
  /** Live metrics, and those of the last 24 hours. */
  readonly metrics?: {
    /** Default interval between frames of `/ws/metrics`. Default: `1s`. */
    readonly interval?: string | undefined;
    /** Keep the metrics of the last 24 hours in a file of `database.data_dir`, so that charts continue after a restart; 92 KB. Default: `true`. */
    readonly store_history?: boolean | Variable | undefined;
  } | undefined;
  /** Export to an OpenTelemetry collector by OTLP/HTTP in JSON: docs/tracing.md. */
  readonly telemetry?: {
    /** Name of this service: `service.name`. Default: `sluice`. */
    readonly service_name?: string | undefined;
    /** Further attributes of the resource, such as `deployment.environment.name`. `service.version` and `service.instance.id` are set. Default: `{}`. */
    readonly resource?: { readonly [name: string]: string } | undefined;
    /** Spans of requests, and of each try at a backend. */
    readonly traces?: {
      /** URL of the collector, such as `http://collector:4318`; without a path, `/v1/traces` is added. Empty: off. Default: ``. */
      readonly endpoint?: string | undefined;
      /** Share of requests that is recorded; those that a caller decides on are not among them. Default: `0.01`. */
      readonly sample?: number | Variable | undefined;
      /** `follow`: a request of a `server.trust_proxy` peer is recorded if its `traceparent` says so; others with that flag are recorded at the rate of `sample`. `ignore`: `sample` alone decides. Default: `follow`. */
      readonly parent?: 'follow' | 'ignore' | Variable | undefined;
      /** Headers of each request to the collector, such as `authorization`. Default: `{}`. */
      readonly headers?: { readonly [name: string]: string } | undefined;
    } | undefined;
    /** The metrics of `/metrics`. */
    readonly metrics?: {
      /** URL of the collector, such as `http://collector:4318`; without a path, `/v1/metrics` is added. Empty: off. Default: ``. */
      readonly endpoint?: string | undefined;
      /** Interval between two exports. Default: `30s`. */
      readonly interval?: string | undefined;
      /** Headers of each request to the collector, such as `authorization`. Default: `{}`. */
      readonly headers?: { readonly [name: string]: string } | undefined;
    } | undefined;
    /** The lines of the log, the access log included. */
    readonly logs?: {
      /** URL of the collector, such as `http://collector:4318`; without a path, `/v1/logs` is added. Empty: off. Default: ``. */
      readonly endpoint?: string | undefined;
      /** Headers of each request to the collector, such as `authorization`. Default: `{}`. */
      readonly headers?: { readonly [name: string]: string } | undefined;
    } | undefined;
  } | undefined;
  /** Recordings of traffic: docs/operations/recording.md. */
  readonly recording?: {
    /** Header fields, parameters and JSON fields whose values no recording contains, in addition to those that look secret (`authorization`, `cookie`, `…-key`, `…_token`, `password` …). Default: `[]`. */
    readonly mask?: readonly string[] | undefined;
  } | undefined;
  /** Changes to this file while the gateway runs. */
  readonly reload?: {
    /** Apply changes to this file as soon as it is saved; false: only on SIGHUP and `POST /v1/api/config/reload`. Default: `true`. */
    readonly watch?: boolean | Variable | undefined;
  } | undefined;
  /** Resolution of backend host names, and of names in `discover`. */
  readonly dns?: {
    /** DNS servers for backend host names and `discover.dns`, used after `/etc/hosts`. Empty: those of the system. Default: `[]`. */
    readonly servers?: readonly string[] | undefined;
    /** An answer is valid for at least this long, whatever its TTL. Default: `1s`. */
    readonly min_ttl?: string | undefined;
    /** An answer is valid for at most this long, whatever its TTL. Default: `60s`. */
    readonly max_ttl?: string | undefined;
  } | undefined;
  /** Members of pools that are found at run time: docs/discovery.md. */
  readonly discovery?: {
    /** The Docker daemon of all pools with `discover.docker`, and of routes. */
    readonly docker?: {
      /** The daemon: `unix://` and the path of its socket, or `http://` and the host and port of a proxy for it. Access to the socket is as good as root: docs/discovery.md. Default: `unix:///var/run/docker.sock`. */
      readonly endpoint?: string | undefined;
      /** Make routes of labels such as `sluice.route.web.host: shop.example.com`, behind those of the file: docs/docker.md. Default: `false`. */
      readonly routes?: boolean | Variable | undefined;
    } | undefined;
    /** The API server of all pools with `discover.kubernetes`, and of routes. */
    readonly kubernetes?: {
      /** A kubeconfig file, with a token or a client certificate. Default: the service account of the pod that the gateway runs in. */
      readonly kubeconfig?: string | undefined;
      /** Context in `kubeconfig`. Default: its `current-context`. */
      readonly context?: string | undefined;
      /** Routes from the Gateway API and from Ingresses, behind those of the file: docs/kubernetes.md. Default: none. */
      readonly routes?: {
        /** Class of Gateways: HTTPRoutes whose `parentRefs` name a Gateway of this class are routes. */
        readonly gateway_class?: string | undefined;
        /** Name of a Gateway: only HTTPRoutes of this one. Default: all of `gateway_class`. */
        readonly gateway?: string | undefined;
        /** Class of Ingresses: those whose `ingressClassName` is this one are routes. */
        readonly ingress_class?: string | undefined;
        /** Namespaces that are read, each of which needs a Role. Empty: all, which needs a ClusterRole. Default: `[]`. */
        readonly namespaces?: readonly string[] | undefined;
      } | undefined;
    } | undefined;
    /** The etcd cluster of all pools with `discover.etcd`. */
    readonly etcd?: {
      /** Servers of one etcd cluster, version 3.4 or later. The next one is asked when one fails. Default: `[]`. */
      readonly urls?: readonly string[] | undefined;
      /** User. Requires `password`. Default: none. */
      readonly user?: string | undefined;
      /** Password of the user. */
      readonly password?: string | undefined;
      /** TLS for `https` URLs. The files are read again for each connection. */
      readonly tls?: {
        /** Trusted authorities, in PEM. Default: those that Node trusts. */
        readonly ca_file?: string | undefined;
        /** Client certificate, in PEM. Requires `key_file`. */
        readonly cert_file?: string | undefined;
        /** Private key of the client certificate, in PEM, without a passphrase. */
        readonly key_file?: string | undefined;
        /** Name that certificates must be valid for, sent as SNI. Default: the host. */
        readonly server_name?: string | undefined;
      } | undefined;
    } | undefined;
    /** The Consul agent of all pools with `discover.consul`. */
    readonly consul?: {
      /** An agent or server. Default: `http://127.0.0.1:8500`. */
      readonly url?: string | undefined;
      /** ACL token. Empty, the default: the anonymous token. */
      readonly token?: string | undefined;
      /** TLS for `https` URLs. The files are read again for each connection. */
      readonly tls?: {
        /** Trusted authorities, in PEM. Default: those that Node trusts. */
        readonly ca_file?: string | undefined;
        /** Client certificate, in PEM. Requires `key_file`. */
        readonly cert_file?: string | undefined;
        /** Private key of the client certificate, in PEM, without a passphrase. */
        readonly key_file?: string | undefined;
        /** Name that certificates must be valid for, sent as SNI. Default: the host. */
        readonly server_name?: string | undefined;
      } | undefined;
    } | undefined;
    /** Changes of members apply this long after the last one, at the latest after four times as long; also the shortest time between two changes. Default: `500ms`. */
    readonly debounce?: string | undefined;
    /** At start: `/readyz` reports 503 for at most this long while a pool waits for its first members. Default: `10s`. */
    readonly start_timeout?: string | undefined;
    /** Keep the last list of each source in the database. At a start it is used at once, but a member gets requests only when the source lists it or a health check of it succeeds. Default: `true`. */
    readonly cache?: boolean | Variable | undefined;
  } | undefined;
  /** Locations of clients, for `match.geo`, `{geo}` and the access log: docs/operations/places.md. */
  readonly geo?: {
    /** Header in which a proxy in front states the client's location, such as `cf-ipcountry`. Only honoured from `server.trust_proxy`; others' is dropped. Default: none. */
    readonly header?: string | undefined;
    /** File with a block of addresses and its location on each line: `192.0.2.0/24 DE`. The smallest block counts. Used where the header states none. Default: none. */
    readonly table?: string | undefined;
  } | undefined;
  /** Rate limits: a token bucket or a sliding window per client. Without `redis`, each gateway counts its own. */
  readonly rate_limit?: {
    /** Turn limits on. The `denylist` applies in any case. Default: `true`. */
    readonly enabled?: boolean | Variable | undefined;
    /** Count, log and report requests that would be refused, but refuse none. The `denylist` still applies. Default: `false`. */
    readonly dry_run?: boolean | Variable | undefined;
    /** Limit of unregistered clients: `default` (a token bucket) or `window`. Default: `token-bucket`. */
    readonly algorithm?: 'token-bucket' | 'sliding-window' | Variable | undefined;
    /** Token bucket of every unregistered client. */
    readonly default?: {
      /** Largest burst. Tokens; a request costs 1. Default: `100`. */
      readonly capacity?: number | Variable | undefined;
      /** Refill rate. Tokens per second. Default: `10`. */
      readonly rate_per_second?: number | Variable | undefined;
    } | undefined;
    /** With `algorithm: sliding-window`: window of every unregistered client. */
    readonly window?: {
      /** Most requests in any window. A request costs 1. Default: `100`. */
      readonly limit?: number | Variable | undefined;
      /** Length of the window. Default: `60s`. */
      readonly size?: string | undefined;
    } | undefined;
    /** One limit for the whole gateway: a token bucket or a sliding window. Without `redis`, each gateway counts its own. Default: none. */
    readonly global?: {
      /** Token bucket: largest burst. Tokens; with `rate_per_second`. */
      readonly capacity?: number | Variable | undefined;
      /** Token bucket: refill rate. Tokens per second; with `capacity`. */
      readonly rate_per_second?: number | Variable | undefined;
      /** Sliding window: most requests in it; with `size`. */
      readonly limit?: number | Variable | undefined;
      /** Sliding window: its length; with `limit`. */
      readonly size?: string | undefined;
      /** `fleet`: all gateways on the same Redis share it (`rate_limit.shared`). `gateway`: each has its own. Default: `fleet`. */
      readonly scope?: 'fleet' | 'gateway' | Variable | undefined;
    } | undefined;
    /** Most requests of a client at a time, across all routes and threads of this gateway; further ones are answered 429. An upgraded connection counts until it closes. Default: no limit. */
    readonly max_in_flight_per_client?: number | Variable | undefined;
    /** Requests of each client in a day or month, on all routes together. Kept over restarts; gateways on one PostgreSQL count together, within a second. Further requests are answered 429. Default: none. */
    readonly quota?: {
      /** Most requests in a period. */
      readonly requests: number | Variable;
      /** The period. */
      readonly per: 'day' | 'month' | Variable;
      /** Where days and months begin: a name of the IANA database. Default: `UTC`. */
      readonly timezone?: string | undefined;
    } | undefined;
    /** Addresses that are never limited. Default: `[]`. */
    readonly allowlist?: readonly string[] | undefined;
    /** Addresses that are answered 403. If an address is in a block of each list, the smaller block wins; if they are equal, this list. Default: `[]`. */
    readonly denylist?: readonly string[] | undefined;
    /** Prefix length by which IPv6 addresses are one client, here and for `server.max_connections_per_ip`. Bits. Default: `64`. */
    readonly ipv6_prefix?: number | Variable | undefined;
    /** Clients tracked at a time, about 64 bytes each. Default: `65536`. */
    readonly max_clients?: number | Variable | undefined;
    /** Limits of several gateways as one. docs/redis.md. */
    readonly shared?: {
      /** With `redis`: all gateways on the same server and `redis.prefix` admit each limit once. False: each gateway admits it. Default: `true`. */
      readonly enabled?: boolean | Variable | undefined;
      /** Longest wait of a request for Redis. Then this gateway decides, by its share of the limit. Default: `10ms`. */
      readonly wait?: string | undefined;
      /** Silence after which Redis counts as lost. Until it is back, each gateway admits its share of each limit. Default: `100ms`. */
      readonly lost_after?: string | undefined;
      /** Longest time for which a gateway keeps tokens that it was granted ahead. Longer: fewer commands to Redis, and up to that much of the rate more in some windows. Default: `100ms`. */
      readonly max_lease?: string | undefined;
      /** Ask Redis before every request, also far from the limit: exact in every window, but each request waits for an answer unless tokens were granted ahead. Default: `false`. */
      readonly strict?: boolean | Variable | undefined;
      /** Gateways that share the limits, as long as neither Redis nor the database tells how many there are. Default: `1`. */
      readonly expected_gateways?: number | Variable | undefined;
    } | undefined;
    /** Also send `X-RateLimit-Limit`, `-Remaining` and `-Reset`. Default: `false`. */
    readonly legacy_headers?: boolean | Variable | undefined;
    /** Header that carries an API key. Default: `x-api-key`. */
    readonly api_key_header?: string | undefined;
    /** Header that carries a registered client's id. Default: `x-client-id`. */
    readonly client_id_header?: string | undefined;
  } | undefined;
  /** Pools by name: lower-case letters, digits, dashes, underscores. */
  readonly pools: { readonly [name: string]: PoolConfig };
  /** Default: one route that sends everything to the only pool, or to the pool named `default`. Default: `[]`. */
  readonly routes?: readonly RouteConfig[] | undefined;
  /** Plugins of your own, by name: code that runs for requests of the routes that name them. docs/plugins.md. Default: `{}`. */
  readonly plugins?: { readonly [name: string]: {
    /** TypeScript or JavaScript with the plugin as its default export. Watched, with what it imports. */
    readonly file: string;
    /** The plugin's own keys, which it checks itself. `GET /v1/api/plugins` shows their values, but for secrets: those with `writeOnly` in its schema, with names such as `token`, or from a variable. Default: `{}`. */
    readonly options?: { readonly [name: string]: unknown } | undefined;
    /** Longest wait for its `request` hook, if that is asynchronous. Default: `50ms`. */
    readonly timeout?: string | undefined;
    /** When it throws, takes too long or cannot be loaded: answer 500 (`deny`), or go on without it (`skip`). Default: `deny`. */
    readonly on_error?: 'deny' | 'skip' | Variable | undefined;
  } } | undefined;
  /** What every route inherits unless it sets the same key itself, or has `inherit: false`: any of `auth`, `allow`, `deny`, `cors`, `split_failover`, `request_headers`, `response_headers`, `error_pages`, `security_headers`, `compression`, `cache`, `plugins`, `timeout`, `upgrade_idle_timeout`, `max_body_bytes`, `priority`, `cost`, `cost_from`, `mirror`, `max_in_flight_per_client`, `quota`, `rate_limit`. They mean what they mean in a route. */
  readonly route_defaults?: Pick<RouteConfig, 'auth' | 'allow' | 'deny' | 'cors' | 'split_failover' | 'request_headers' | 'response_headers' | 'error_pages' | 'security_headers' | 'compression' | 'cache' | 'plugins' | 'timeout' | 'upgrade_idle_timeout' | 'max_body_bytes' | 'priority' | 'cost' | 'cost_from' | 'mirror' | 'max_in_flight_per_client' | 'quota' | 'rate_limit'> | undefined;
  /** Active health checks. Applies to every pool that does not override it. */
  readonly health_check?: {
    /** Check the health of every backend. Default: `true`. */
    readonly enabled?: boolean | Variable | undefined;
    /** `http`: a request, and expectations of its answer. `tcp`: a successful connection; for https backends with a verified TLS handshake. `grpc`: a call of `grpc.health.v1.Health/Check`; needs `protocol: h2` or `h2c`. Default: `http`. */
    readonly type?: 'http' | 'tcp' | 'grpc' | Variable | undefined;
    /** Service that a check of type `grpc` asks for. Default: the server as a whole. */
    readonly service?: string | undefined;
    /** Method of the request. Default: `GET`. */
    readonly method?: 'GET' | 'HEAD' | 'OPTIONS' | Variable | undefined;
    /** Path of the request, below the base path of the backend. Default: `/health`; a backend that never passed and answers 404, 405 or 501 to this default is unchecked, and gets requests. */
    readonly path?: string | undefined;
    /** Check another port of the same host. Default: its own. */
    readonly port?: number | Variable | undefined;
    /** Headers to send, by name, including `host`. Their values are never shown. Default: `{}`. */
    readonly headers?: { readonly [name: string]: string } | undefined;
    /** Time between two checks of one gateway; each gateway does its own. Default: `5s`. */
    readonly interval?: string | undefined;
    /** Interval while a backend is down or changing. The default never exceeds `interval`. Default: `2s`. */
    readonly fast_interval?: string | undefined;
    /** Time limit of a check. Below `interval`, at most `fast_interval`; the default is shortened to fit. Default: `2s`. */
    readonly timeout?: string | undefined;
    /** Consecutive successes until a backend is healthy again. Default: `2`. */
    readonly rise?: number | Variable | undefined;
    /** Consecutive failures until a backend is unhealthy. Default: `3`. */
    readonly fall?: number | Variable | undefined;
    /** First and last status that counts as healthy. Default: `[200,399]`. */
    readonly expected_status?: readonly [number | Variable, number | Variable] | undefined;
    /** Text required in the first 64 KiB of the body. Default: none. */
    readonly expected_body?: string | undefined;
    /** Required headers of the answer, by name, and the text that each must contain; empty: any value. Default: `{}`. */
    readonly expected_headers?: { readonly [name: string]: string } | undefined;
  } | undefined;
  /** Passive health checks (outlier ejection). Applies to every pool that does not override it. */
  readonly passive_health?: {
    /** Eject a backend whose real requests keep failing. Default: `true`. */
    readonly enabled?: boolean | Variable | undefined;
    /** Consecutive gateway errors that eject a backend; response timeouts count only while no active check succeeds. Default: `5`. */
    readonly consecutive_errors?: number | Variable | undefined;
    /** Duration of the first ejection; the second is twice as long, and so on. Default: `30s`. */
    readonly eject?: string | undefined;
    /** Longest ejection. Default: `5m`. */
    readonly max_eject?: string | undefined;
    /** Largest share of a pool that may be ejected; the last backend never is. Default: `0.5`. */
    readonly max_ejected_ratio?: number | Variable | undefined;
  } | undefined;
  /** Circuit breaker, one per backend. Applies to every pool that does not override it. */
  readonly circuit_breaker?: {
    /** Stop sending requests to a failing backend, then probe it with trial requests. Default: `true`. */
    readonly enabled?: boolean | Variable | undefined;
    /** Length of the sliding window for counting failures. Default: `10s`. */
    readonly window?: string | undefined;
    /** With fewer requests in the window, `error_ratio` is ignored. Default: `20`. */
    readonly minimum_requests?: number | Variable | undefined;
    /** Share of failures in the window that trips the circuit. Default: `0.5`. */
    readonly error_ratio?: number | Variable | undefined;
    /** Consecutive failures that trip it regardless of the ratio; response timeouts count only while no active check succeeds. Default: `5`. */
    readonly consecutive_failures?: number | Variable | undefined;
    /** How long it stays open at first; doubled with every trip. Default: `10s`. */
    readonly open?: string | undefined;
    /** Longest time it stays open. Default: `5m`. */
    readonly max_open?: string | undefined;
    /** Concurrent trial requests while half-open. Default: `3`. */
    readonly half_open_trials?: number | Variable | undefined;
    /** Successful trials that close it. Default: `2`. */
    readonly half_open_successes?: number | Variable | undefined;
    /** After being closed this long, earlier trips are forgotten. Default: `1m`. */
    readonly forget?: string | undefined;
    /** Also count a 500 as a failure; 502, 503 and 504 always are. Default: `false`. */
    readonly count_500?: boolean | Variable | undefined;
  } | undefined;
  /** Retries. Applies to every pool that does not override it. */
  readonly retries?: {
    /** Retries after the first attempt, each on another backend; 0: none. Default: `1`. */
    readonly attempts?: number | Variable | undefined;
    /** Methods that are retried even if the request may have reached a backend. Default: `["GET","HEAD","OPTIONS"]`. */
    readonly methods?: readonly string[] | undefined;
    /** Statuses of a backend that are retried. Default: `[502,503,504]`. */
    readonly statuses?: readonly (number | Variable)[] | undefined;
    /** Wait before retry n: random, from zero to this × 2ⁿ. Default: `25ms`. */
    readonly backoff_base?: string | undefined;
    /** Longest wait. Default: `250ms`. */
    readonly backoff_max?: string | undefined;
    /** Retries as a share of the requests of the last ten seconds, of this gateway. Default: `0.2`. */
    readonly budget_ratio?: number | Variable | undefined;
    /** Concurrent retries that are always allowed on each gateway. Default: `3`. */
    readonly budget_minimum?: number | Variable | undefined;
    /** Requests with larger bodies are not retried once sent. Bytes. Default: `65536`. */
    readonly max_replay_bytes?: number | Variable | undefined;
  } | undefined;
  /** Timeouts of backends. Applies to every pool that does not override it. */
  readonly timeouts?: {
    /** Until the connection to a backend is established. Default: `3s`. */
    readonly connect?: string | undefined;
    /** Until the head of its response arrives. Default: `15s`. */
    readonly response?: string | undefined;
    /** Between two chunks of a response body; does not apply to `text/event-stream`. Default: `60s`. */
    readonly idle?: string | undefined;
  } | undefined;
  /** Slow start. It does not apply when the gateway starts, or to the only available backend. Applies to every pool that does not override it. */
  readonly slow_start?: {
    /** Raise the weight of a new or recovered backend gradually. Default: `true`. */
    readonly enabled?: boolean | Variable | undefined;
    /** Time until it reaches its full weight. Default: `30s`. */
    readonly duration?: string | undefined;
    /** Share of its weight that it starts with. Default: `0.1`. */
    readonly from?: number | Variable | undefined;
  } | undefined;
  /** Adaptive weights. Applies to every pool that does not override it. */
  readonly adaptive?: {
    /** Adapt weights to latency and errors. Has no effect with `round-robin`, which ignores weights. Default: `false`. */
    readonly enabled?: boolean | Variable | undefined;
    /** Time between two adaptations. Default: `10s`. */
    readonly interval?: string | undefined;
    /** Influence of latency; 0: none. Default: `0.6`. */
    readonly latency_share?: number | Variable | undefined;
    /** Influence of errors; 0: none. Default: `0.4`. */
    readonly error_share?: number | Variable | undefined;
    /** Share of the distance to its target that a weight moves per interval. Default: `0.1`. */
    readonly speed?: number | Variable | undefined;
    /** Target time to first byte. Default: the median of the pool's healthy backends. */
    readonly target_latency?: string | undefined;
    /** Share of failures at which a backend gets the lowest weight. Default: `0.1`. */
    readonly max_error_rate?: number | Variable | undefined;
    /** Lowest multiple of its configured weight that a backend gets. Default: `0.25`. */
    readonly min_share?: number | Variable | undefined;
    /** Highest multiple of its configured weight that a backend gets. Default: `4`. */
    readonly max_share?: number | Variable | undefined;
    /** With fewer requests in an interval, the weight is kept. Default: `20`. */
    readonly min_samples?: number | Variable | undefined;
    /** Time before a new backend is evaluated; zero: none. Default: `10s`. */
    readonly warm_up?: string | undefined;
  } | undefined;
}

/** A named group of backends with one algorithm. */
export interface PoolConfig {
  /** Algorithm that picks a backend. Default: `two-choices`. */
  readonly algorithm?: 'round-robin' | 'weighted-round-robin' | 'least-connections' | 'random' | 'two-choices' | 'consistent-hash' | Variable | undefined;
  /** Input of `consistent-hash`; other algorithms ignore it. */
  readonly hash?: {
    /** Part of the request that is hashed. Default: `ip`. */
    readonly by?: 'ip' | 'path' | 'header' | 'cookie' | Variable | undefined;
    /** Name of the header or cookie; required for these two. */
    readonly name?: string | undefined;
  } | undefined;
  /** The servers: at least one, unless the pool has `discover`. Default: `[]`. */
  readonly backends?: readonly BackendConfig[] | undefined;
  /** Where the members of the pool come from, besides `backends`: docs/discovery.md. */
  readonly discover?: {
    /** Members from a file or a drop-in folder. */
    readonly file?: {
      /** A file in YAML or JSON with the same list as `backends`, or a folder of such files (`*.yaml`, `*.yml`, `*.json`), relative to the working directory. Looked at twice a second. */
      readonly path: string;
    } | undefined;
    /** Members from the EndpointSlices of a Kubernetes Service. */
    readonly kubernetes?: {
      /** Name of a Service: the ready endpoints of its EndpointSlices are members. */
      readonly service: string;
      /** Name of a port of the Service, or number of a port of its pods (`targetPort`). Default: the Service's only port. */
      readonly port?: number | string | undefined;
      /** Namespace of the Service. Default: that of the gateway's pod, or of the context of the kubeconfig. */
      readonly namespace?: string | undefined;
      /** Addresses that are used. `any`: the IPv4 address of pods that have one. Each pod is one member in any case. Default: `any`. */
      readonly family?: 'any' | 'ipv4' | 'ipv6' | Variable | undefined;
    } | undefined;
    /** Members from keys of etcd. */
    readonly etcd?: {
      /** Beginning of the keys: each is one member, written in JSON like an entry of `backends`. */
      readonly prefix: string;
    } | undefined;
    /** Members from the healthy instances of a Consul service. */
    readonly consul?: {
      /** Name of a service: its instances that pass all checks are members. */
      readonly service: string;
      /** Tags that an instance must have, all of them. Default: `[]`. */
      readonly tags?: readonly string[] | undefined;
      /** Datacenter. Default: that of the agent. */
      readonly datacenter?: string | undefined;
      /** Namespace, in Consul Enterprise. Default: that of the token. */
      readonly namespace?: string | undefined;
      /** Admin partition, in Consul Enterprise. Default: that of the agent. */
      readonly partition?: string | undefined;
    } | undefined;
    /** Members from DNS. The servers are those of `dns.servers`. */
    readonly dns?: {
      /** Name to look up: a host for `type: address`, a service such as `_http._tcp.web.internal` for `type: srv`. */
      readonly name: string;
      /** `address`: each A and AAAA record is a member. `srv`: each SRV record is one, with its port and weight; those of the best priority get the traffic, all others are backups. Default: `address`. */
      readonly type?: 'address' | 'srv' | Variable | undefined;
      /** Port of the members. Required for `type: address`, which has none. */
      readonly port?: number | Variable | undefined;
      /** With `type: address`: the kind of addresses that become members. Default: `any`. */
      readonly family?: 'any' | 4 | 6 | Variable | undefined;
      /** With `type: srv`: time between lookups. Addresses are looked up again when their TTL has passed. Default: `10s`. */
      readonly refresh?: string | undefined;
    } | undefined;
    /** Members from a list in JSON that another service answers. */
    readonly http?: {
      /** URL of the list: `http://` or `https://`. Redirects are not followed. */
      readonly url: string;
      /** Header fields of the request, such as `authorization: "Bearer ${REGISTRY_TOKEN}"`. Default: `{}`. */
      readonly headers?: { readonly [name: string]: string } | undefined;
      /** Time between requests; after failures 1 to 30 s at random. Default: `5s`. */
      readonly interval?: string | undefined;
      /** Longest time for the whole answer. Default: `5s`. */
      readonly timeout?: string | undefined;
      /** Trusted authorities for its certificate, in PEM. Default: those that Node trusts. */
      readonly ca_file?: string | undefined;
    } | undefined;
    /** Members from containers of a Docker daemon. */
    readonly docker?: {
      /** Service of Docker Compose whose containers are members. Default: only containers with the label `sluice.pool`. */
      readonly service?: string | undefined;
      /** Project of Docker Compose that has the service. Required if several projects have one of this name. */
      readonly project?: string | undefined;
      /** Port inside the container, unless the label `sluice.port` says otherwise. Default: the only TCP port that the image exposes. */
      readonly port?: number | Variable | undefined;
      /** Network whose addresses are used, unless the label `sluice.network` says otherwise. Required for containers in several networks. */
      readonly network?: string | undefined;
    } | undefined;
    /** Members from `PUT /v1/api/pools/{name}/members`, kept in the database. */
    readonly push?: {
    } | undefined;
    /** Scheme of the URLs that members get. Default: `http`. */
    readonly scheme?: 'http' | 'https' | Variable | undefined;
    /** Region of members whose source states none. Default: that of the gateway for members with a zone, unknown for others. */
    readonly region?: string | undefined;
    /** A member that a source which may be wrong no longer lists stays this long while its health checks succeed; `0s`: it leaves at once. Default: `30s`. */
    readonly hold?: string | undefined;
    /** If such a source suddenly lists fewer members by more than this share, or none, the missing ones stay for as long as their health checks succeed. Default: `0.5`. */
    readonly shrink_limit?: number | Variable | undefined;
  } | undefined;
  /** Forward the client's Host header; false: send the backend's own. Default: `true`. */
  readonly preserve_host?: boolean | Variable | undefined;
  /** Send `X-Origin-Host` with the backend's own host and port, replacing a client's. Default: `false`. */
  readonly origin_host?: boolean | Variable | undefined;
  /** Most connections from one traffic thread to one backend; if its host name resolves to several addresses, to each of them. Default: `1024`. */
  readonly max_connections?: number | Variable | undefined;
  /** Longest wait for a free connection while all `max_connections` of all backends are in use; then the answer is 503. `0s`: no wait. Default: `1s`. */
  readonly connection_wait?: string | undefined;
  /** Largest head of a backend's answer; for a larger one, the answer is 502. Bytes. Default: `16384`. */
  readonly max_response_head_bytes?: number | Variable | undefined;
  /** An idle connection to a backend is closed after this; a keep-alive hint of the backend overrides it. Default: `4s`. */
  readonly keep_alive?: string | undefined;
  /** Protocol of requests and health checks. `h2`: HTTP/2 over TLS, for `https` backends. `h2c`: HTTP/2 without TLS, for `http` backends that expect it (prior knowledge). Upgrades such as WebSockets need `http1`. Default: `http1`, or `h2c` if all URLs of the pool are `h2c://`. */
  readonly protocol?: 'http1' | 'h2' | 'h2c' | Variable | undefined;
  /** HTTP/2 to backends; in effect with `protocol: h2` and `h2c`, where `max_connections` is not. */
  readonly http2?: {
    /** Most connections from one traffic thread to one backend; another one is opened when they are half full. Default: `2`. */
    readonly connections?: number | Variable | undefined;
    /** Most requests on one connection at a time, unless the backend allows fewer. Default: `100`. */
    readonly max_streams?: number | Variable | undefined;
    /** A backend that is silent for this long while requests are open must answer a PING; `0s`: it need not. After two PINGs in one silence, the next come every five minutes, which servers of gRPC allow. Default: `30s`. */
    readonly ping_interval?: string | undefined;
    /** Time for that answer; then the connection and its requests have failed. Default: `10s`. */
    readonly ping_timeout?: string | undefined;
  } | undefined;
  /** Accept any certificate of an https backend. **Unsafe.** Default: `false`. */
  readonly insecure_skip_tls_verify?: boolean | Variable | undefined;
  /** TLS to `https` backends, for requests, upgrades and health checks. Every reload reads the files again. */
  readonly tls?: {
    /** Trusted authorities for backend certificates, in PEM. Default: those that Node trusts. Watched, as are the next two. */
    readonly ca_file?: string | undefined;
    /** Client certificate, in PEM. Requires `key_file`. */
    readonly cert_file?: string | undefined;
    /** Private key of the client certificate, in PEM, without a passphrase. */
    readonly key_file?: string | undefined;
    /** Server name (SNI) that backend certificates must be valid for. Default: the one in the backend's URL. */
    readonly server_name?: string | undefined;
    /** Lowest TLS version. Default: `TLSv1.2`. */
    readonly min_version?: 'TLSv1.2' | 'TLSv1.3' | Variable | undefined;
  } | undefined;
  /** If no backend is available, try them all instead of answering 503. Default: `false`. */
  readonly panic?: boolean | Variable | undefined;
  /** Limit of requests in flight per backend, across all threads. Each gateway counts its own. Default: no limit. */
  readonly max_in_flight?: number | Variable | undefined;
  /** Backends near the gateway first: docs/operations/places.md. */
  readonly locality?: {
    /** `zone`: backends in the gateway's zone get the requests, then those in its region, then others. `region`: those in its region, then others. `off`: where a backend runs does not matter. Default: `off`. */
    readonly prefer?: 'off' | 'region' | 'zone' | Variable | undefined;
    /** A near place takes min(1, this × its available part) of the requests: with 1.4, all of them until less than 72 % of its backends are available. Default: `1.4`. */
    readonly overprovisioning?: number | Variable | undefined;
    /** A near place with fewer available backends is not preferred. Default: `1`. */
    readonly min_backends?: number | Variable | undefined;
    /** Part of all requests that arrives in the nearest place; that takes no more than `overprovisioning` times what its backends are of all, divided by this. `auto`: the same in all places; 1: all gateways are in this one; 0: it takes any load. Default: `auto`. */
    readonly traffic_share?: 'auto' | number | Variable | undefined;
  } | undefined;
  /** Takes the requests that this pool cannot, for example in another region: docs/operations/places.md. Default: none. */
  readonly fallback?: {
    /** Name of another pool. */
    readonly pool: string;
    /** The pool keeps min(1, this × the available part of its backends) of the requests: with 1.4, all of them until less than 72 % are available. 1000: as long as any is. Default: `1.4`. */
    readonly overprovisioning?: number | Variable | undefined;
  } | undefined;
  /** Queue for requests while all backends are at `max_in_flight`. Each gateway has its own. */
  readonly queue?: {
    /** Most requests waiting per traffic thread; 0: none, the answer is 503 at once. Default: `0`. */
    readonly size?: number | Variable | undefined;
    /** Longest wait; then the answer is 503. Default: `1s`. */
    readonly timeout?: string | undefined;
  } | undefined;
  /** Sticky sessions. */
  readonly sticky?: {
    /** Bind each client to the backend that answered it first, by a cookie. Default: `false`. */
    readonly enabled?: boolean | Variable | undefined;
    /** Name of the cookie; each pool needs its own. Default: `sluice_sticky`. */
    readonly cookie?: string | undefined;
    /** A session ends after this time without a request. Default: `30m`. */
    readonly idle?: string | undefined;
    /** A session ends this long after its first answer. Default: `8h`. */
    readonly max_age?: string | undefined;
    /** SameSite attribute: whether pages of other sites send the cookie. `none` requires `secure: always`. Default: `lax`. */
    readonly same_site?: 'lax' | 'strict' | 'none' | Variable | undefined;
    /** Secure attribute. `auto`: if the client uses TLS according to a proxy in `server.trust_proxy`. Default: `auto`. */
    readonly secure?: 'auto' | 'always' | 'never' | Variable | undefined;
    /** Path attribute. Default: `/`. */
    readonly path?: string | undefined;
    /** Domain attribute: the cookie is also sent to its subdomains. Default: this host only. */
    readonly domain?: string | undefined;
    /** Partitioned attribute: a separate cookie per embedding site (CHIPS). Requires `secure: always`. Default: `false`. */
    readonly partitioned?: boolean | Variable | undefined;
    /** Keys that sign the cookie: the first signs, all verify. To rotate, put a new one first and remove the old one after `max_age`. Empty: a secret in the database. Default: `[]`. */
    readonly keys?: readonly {
      /** Id of the key, part of the cookie. */
      readonly id: string;
      /** Secret that signs cookies; the same on every gateway. */
      readonly secret: string;
    }[] | undefined;
  } | undefined;
  /** Send `X-Sluice-Backend` with an opaque id of the backend that answered. Default: `false`. */
  readonly expose_backend?: boolean | Variable | undefined;
  /** How many replicas of its backends a pool should have: `GET /v1/api/scale`. Default: not computed. */
  readonly scale?: {
    /** Fewest replicas. Default: `1`. */
    readonly min?: number | Variable | undefined;
    /** Most replicas. Default: `10`. */
    readonly max?: number | Variable | undefined;
    /** Requests a second that one replica should get. At least one of the targets is required. */
    readonly rps?: number | Variable | undefined;
    /** Requests in flight that one replica should have, waiting ones included. */
    readonly in_flight?: number | Variable | undefined;
    /** Time to first byte that 95 % of answers should not exceed. */
    readonly p95?: string | undefined;
    /** The number falls once nothing has asked for more for this long; `0s`: at once. Default: `5m`. */
    readonly stabilization?: string | undefined;
  } | undefined;
  /** Active health checks. */
  readonly health_check?: {
    /** Check the health of every backend. Default: `true`. */
    readonly enabled?: boolean | Variable | undefined;
    /** `http`: a request, and expectations of its answer. `tcp`: a successful connection; for https backends with a verified TLS handshake. `grpc`: a call of `grpc.health.v1.Health/Check`; needs `protocol: h2` or `h2c`. Default: `http`. */
    readonly type?: 'http' | 'tcp' | 'grpc' | Variable | undefined;
    /** Service that a check of type `grpc` asks for. Default: the server as a whole. */
    readonly service?: string | undefined;
    /** Method of the request. Default: `GET`. */
    readonly method?: 'GET' | 'HEAD' | 'OPTIONS' | Variable | undefined;
    /** Path of the request, below the base path of the backend. Default: `/health`; a backend that never passed and answers 404, 405 or 501 to this default is unchecked, and gets requests. */
    readonly path?: string | undefined;
    /** Check another port of the same host. Default: its own. */
    readonly port?: number | Variable | undefined;
    /** Headers to send, by name, including `host`. Their values are never shown. Default: `{}`. */
    readonly headers?: { readonly [name: string]: string } | undefined;
    /** Time between two checks of one gateway; each gateway does its own. Default: `5s`. */
    readonly interval?: string | undefined;
    /** Interval while a backend is down or changing. The default never exceeds `interval`. Default: `2s`. */
    readonly fast_interval?: string | undefined;
    /** Time limit of a check. Below `interval`, at most `fast_interval`; the default is shortened to fit. Default: `2s`. */
    readonly timeout?: string | undefined;
    /** Consecutive successes until a backend is healthy again. Default: `2`. */
    readonly rise?: number | Variable | undefined;
    /** Consecutive failures until a backend is unhealthy. Default: `3`. */
    readonly fall?: number | Variable | undefined;
    /** First and last status that counts as healthy. Default: `[200,399]`. */
    readonly expected_status?: readonly [number | Variable, number | Variable] | undefined;
    /** Text required in the first 64 KiB of the body. Default: none. */
    readonly expected_body?: string | undefined;
    /** Required headers of the answer, by name, and the text that each must contain; empty: any value. Default: `{}`. */
    readonly expected_headers?: { readonly [name: string]: string } | undefined;
  } | undefined;
  /** Passive health checks (outlier ejection). */
  readonly passive_health?: {
    /** Eject a backend whose real requests keep failing. Default: `true`. */
    readonly enabled?: boolean | Variable | undefined;
    /** Consecutive gateway errors that eject a backend; response timeouts count only while no active check succeeds. Default: `5`. */
    readonly consecutive_errors?: number | Variable | undefined;
    /** Duration of the first ejection; the second is twice as long, and so on. Default: `30s`. */
    readonly eject?: string | undefined;
    /** Longest ejection. Default: `5m`. */
    readonly max_eject?: string | undefined;
    /** Largest share of a pool that may be ejected; the last backend never is. Default: `0.5`. */
    readonly max_ejected_ratio?: number | Variable | undefined;
  } | undefined;
  /** Circuit breaker, one per backend. */
  readonly circuit_breaker?: {
    /** Stop sending requests to a failing backend, then probe it with trial requests. Default: `true`. */
    readonly enabled?: boolean | Variable | undefined;
    /** Length of the sliding window for counting failures. Default: `10s`. */
    readonly window?: string | undefined;
    /** With fewer requests in the window, `error_ratio` is ignored. Default: `20`. */
    readonly minimum_requests?: number | Variable | undefined;
    /** Share of failures in the window that trips the circuit. Default: `0.5`. */
    readonly error_ratio?: number | Variable | undefined;
    /** Consecutive failures that trip it regardless of the ratio; response timeouts count only while no active check succeeds. Default: `5`. */
    readonly consecutive_failures?: number | Variable | undefined;
    /** How long it stays open at first; doubled with every trip. Default: `10s`. */
    readonly open?: string | undefined;
    /** Longest time it stays open. Default: `5m`. */
    readonly max_open?: string | undefined;
    /** Concurrent trial requests while half-open. Default: `3`. */
    readonly half_open_trials?: number | Variable | undefined;
    /** Successful trials that close it. Default: `2`. */
    readonly half_open_successes?: number | Variable | undefined;
    /** After being closed this long, earlier trips are forgotten. Default: `1m`. */
    readonly forget?: string | undefined;
    /** Also count a 500 as a failure; 502, 503 and 504 always are. Default: `false`. */
    readonly count_500?: boolean | Variable | undefined;
  } | undefined;
  /** Retries. */
  readonly retries?: {
    /** Retries after the first attempt, each on another backend; 0: none. Default: `1`. */
    readonly attempts?: number | Variable | undefined;
    /** Methods that are retried even if the request may have reached a backend. Default: `["GET","HEAD","OPTIONS"]`. */
    readonly methods?: readonly string[] | undefined;
    /** Statuses of a backend that are retried. Default: `[502,503,504]`. */
    readonly statuses?: readonly (number | Variable)[] | undefined;
    /** Wait before retry n: random, from zero to this × 2ⁿ. Default: `25ms`. */
    readonly backoff_base?: string | undefined;
    /** Longest wait. Default: `250ms`. */
    readonly backoff_max?: string | undefined;
    /** Retries as a share of the requests of the last ten seconds, of this gateway. Default: `0.2`. */
    readonly budget_ratio?: number | Variable | undefined;
    /** Concurrent retries that are always allowed on each gateway. Default: `3`. */
    readonly budget_minimum?: number | Variable | undefined;
    /** Requests with larger bodies are not retried once sent. Bytes. Default: `65536`. */
    readonly max_replay_bytes?: number | Variable | undefined;
  } | undefined;
  /** Timeouts of backends. */
  readonly timeouts?: {
    /** Until the connection to a backend is established. Default: `3s`. */
    readonly connect?: string | undefined;
    /** Until the head of its response arrives. Default: `15s`. */
    readonly response?: string | undefined;
    /** Between two chunks of a response body; does not apply to `text/event-stream`. Default: `60s`. */
    readonly idle?: string | undefined;
  } | undefined;
  /** Slow start. It does not apply when the gateway starts, or to the only available backend. */
  readonly slow_start?: {
    /** Raise the weight of a new or recovered backend gradually. Default: `true`. */
    readonly enabled?: boolean | Variable | undefined;
    /** Time until it reaches its full weight. Default: `30s`. */
    readonly duration?: string | undefined;
    /** Share of its weight that it starts with. Default: `0.1`. */
    readonly from?: number | Variable | undefined;
  } | undefined;
  /** Adaptive weights. */
  readonly adaptive?: {
    /** Adapt weights to latency and errors. Has no effect with `round-robin`, which ignores weights. Default: `false`. */
    readonly enabled?: boolean | Variable | undefined;
    /** Time between two adaptations. Default: `10s`. */
    readonly interval?: string | undefined;
    /** Influence of latency; 0: none. Default: `0.6`. */
    readonly latency_share?: number | Variable | undefined;
    /** Influence of errors; 0: none. Default: `0.4`. */
    readonly error_share?: number | Variable | undefined;
    /** Share of the distance to its target that a weight moves per interval. Default: `0.1`. */
    readonly speed?: number | Variable | undefined;
    /** Target time to first byte. Default: the median of the pool's healthy backends. */
    readonly target_latency?: string | undefined;
    /** Share of failures at which a backend gets the lowest weight. Default: `0.1`. */
    readonly max_error_rate?: number | Variable | undefined;
    /** Lowest multiple of its configured weight that a backend gets. Default: `0.25`. */
    readonly min_share?: number | Variable | undefined;
    /** Highest multiple of its configured weight that a backend gets. Default: `4`. */
    readonly max_share?: number | Variable | undefined;
    /** With fewer requests in an interval, the weight is kept. Default: `20`. */
    readonly min_samples?: number | Variable | undefined;
    /** Time before a new backend is evaluated; zero: none. Default: `10s`. */
    readonly warm_up?: string | undefined;
  } | undefined;
}

/** One server of a pool. */
export interface BackendConfig {
  /** URL: `http://`, `https://` or `h2c://`, host, port, and optionally a base path. `h2c://` is `http://` in a pool with `protocol: h2c`. */
  readonly url: string;
  /** Share of the traffic relative to the other weights of the pool. Default: `1`. */
  readonly weight?: number | Variable | undefined;
  /** Stable name in logs, metrics and the admin API. Default: derived from pool, host, port and path. */
  readonly id?: string | undefined;
  /** False: gets no traffic and no health checks. Default: `true`. */
  readonly enabled?: boolean | Variable | undefined;
  /** Gets requests only while no other backend of the pool is available. Default: `false`. */
  readonly backup?: boolean | Variable | undefined;
  /** The region it runs in, such as `eu-central-1`. Default: unknown. */
  readonly region?: string | undefined;
  /** The zone it runs in, such as `eu-central-1a`. Zones of different regions are different ones. Default: unknown. */
  readonly zone?: string | undefined;
  /** Limit of requests in flight, across all threads of this gateway. Default: the `max_in_flight` of the pool. */
  readonly max_in_flight?: number | Variable | undefined;
}

/** Maps requests to pools, or answers them. */
export interface RouteConfig {
  /** Name in logs and metrics. Default: derived from what the route matches. */
  readonly name?: string | undefined;
  /** Host without port, or `*.example.com`. Default: any. */
  readonly host?: string | undefined;
  /** Matches this path only, `/api` not `/api/`. Comes before `path_regex` and `path_prefix`. */
  readonly path?: string | undefined;
  /** Matches whole segments: `/api` matches `/api` and `/api/x`, not `/apix`. The longest comes first. Default: `/`, unless `path` or `path_regex` is set. */
  readonly path_prefix?: string | undefined;
  /** Matches paths by a regular expression in RE2's syntax, anywhere in the path unless anchored by `^` and `$`. Comes before `path_prefix`, in the order of the file. */
  readonly path_regex?: string | undefined;
  /** Empty: any. Default: `[]`. */
  readonly methods?: readonly string[] | undefined;
  /** What a request must have in addition. All of it must match. */
  readonly match?: {
    /** Header fields that a request must have, with exactly these values; `"*"`: any value. Default: `{}`. */
    readonly headers?: { readonly [name: string]: string } | undefined;
    /** The same with regular expressions, which match anywhere in the value unless anchored. Default: `{}`. */
    readonly headers_regex?: { readonly [name: string]: string } | undefined;
    /** Query parameters, decoded; `"*"`: any value. The first counts if one is repeated. Default: `{}`. */
    readonly query?: { readonly [name: string]: string } | undefined;
    /** The same with regular expressions. Default: `{}`. */
    readonly query_regex?: { readonly [name: string]: string } | undefined;
    /** Locations, in any case, such as `DE`: the client must be in one of them. Empty: anywhere. Default: `[]`. */
    readonly geo?: readonly string[] | undefined;
  } | undefined;
  /** Name of the pool that handles the requests. */
  readonly pool?: string | undefined;
  /** Who may use the route; others get 401. Default: everyone. See docs/authentication.md. */
  readonly auth?: {
    /** `required`: the API key of a registered client, in the header `rate_limit.api_key_header`. */
    readonly api_key?: 'required' | undefined;
    /** Backends get the API key. False: it is removed. Default: `true`. */
    readonly forward_key?: boolean | Variable | undefined;
    /** A JSON Web Token, verified here. */
    readonly jwt?: {
      /** The claim `iss` must be this. Without `jwks_url`, `jwks_file` and `secret`, the keys are found through it (OpenID Connect Discovery). */
      readonly issuer?: string | undefined;
      /** The claim `aud` must have one of these. Empty: any. Default: `[]`. */
      readonly audience?: readonly string[] | undefined;
      /** Where the public keys are, as a JSON Web Key Set. */
      readonly jwks_url?: string | undefined;
      /** A file with the public keys. A changed file is read within ten seconds. */
      readonly jwks_file?: string | undefined;
      /** Secret that tokens are signed with, instead of public keys; for HS256 and the like only. */
      readonly secret?: string | undefined;
      /** Signatures that are accepted. Empty: RS256, PS256, ES256, EdDSA and Ed25519; with `secret`, HS256. Default: `[]`. */
      readonly algorithms?: readonly ('RS256' | 'RS384' | 'RS512' | 'PS256' | 'PS384' | 'PS512' | 'ES256' | 'ES384' | 'ES512' | 'EdDSA' | 'Ed25519' | 'HS256' | 'HS384' | 'HS512' | Variable)[] | undefined;
      /** How much clocks may differ. Default: `30s`. */
      readonly leeway?: string | undefined;
      /** Longest time since the claim `iat`, whatever `exp` is. Default: any. */
      readonly max_age?: string | undefined;
      /** Claims that a token must have, besides those that other keys demand. Default: `["exp"]`. */
      readonly required_claims?: readonly string[] | undefined;
      /** Scopes that a token must have, all of them; otherwise 403. Default: `[]`. */
      readonly scopes?: readonly string[] | undefined;
      /** Where a request has its token. Avoid `query`: URLs end up in logs and histories. Default: `header`. */
      readonly from?: 'header' | 'cookie' | 'query' | Variable | undefined;
      /** Name of the header, cookie or parameter. Default: `Authorization`, with `Bearer`; `token`; `access_token`. */
      readonly name?: string | undefined;
      /** Backends get the token. Default: `true`. */
      readonly forward_token?: boolean | Variable | undefined;
      /** Header fields for backends, by name, such as `x-user: sub`. A dot leads into a claim. Default: `{}`. */
      readonly forward_claims?: { readonly [name: string]: string } | undefined;
      /** Name of what is protected, in `WWW-Authenticate`. Default: `Sluice`. */
      readonly realm?: string | undefined;
    } | undefined;
    /** Name and password, by HTTP Basic authentication. */
    readonly basic?: {
      /** Those who may use the route. */
      readonly users: readonly {
        /** Name; case-sensitive. */
        readonly name: string;
        /** Hash of the password, as `sluice password` prints it. */
        readonly hash: string;
      }[];
      /** Shown by browsers that ask for the password. Default: `Sluice`. */
      readonly realm?: string | undefined;
      /** Backends get name and password in `Authorization`. Default: `false`. */
      readonly forward_credentials?: boolean | Variable | undefined;
    } | undefined;
    /** Another service decides. */
    readonly forward?: {
      /** URL of the service, asked by GET. A 2xx lets a request pass; clients get any other answer. */
      readonly url: string;
      /** Time limit for its answer; then clients get 503. Default: `5s`. */
      readonly timeout?: string | undefined;
      /** Header fields of the request that the service gets. Default: `["authorization","cookie"]`. */
      readonly headers_to_auth?: readonly string[] | undefined;
      /** Header fields of its answer that backends get, instead of what clients send. Default: `[]`. */
      readonly headers_to_backend?: readonly string[] | undefined;
      /** Header field of its answer that has the user, for logs and `{auth_user}`. Default: none. */
      readonly user_header?: string | undefined;
      /** How long an answer that lets a request pass is used for others; `0s`: not at all. Default: `0s`. */
      readonly cache?: string | undefined;
      /** With `cache`: what its answer may depend on, besides `headers_to_auth`, the host and the scheme. The service does not get the rest. Default: `["method","uri","address"]`. */
      readonly cache_by?: readonly ('method' | 'uri' | 'address' | Variable)[] | undefined;
    } | undefined;
    /** Everyone may use the route, whatever `route_defaults` demand. Excludes all others. Default: `false`. */
    readonly anyone?: boolean | Variable | undefined;
  } | undefined;
  /** Addresses that may use the route; all others are answered 403. Empty: all but those in `deny`. Default: `[]`. */
  readonly allow?: readonly string[] | undefined;
  /** Addresses that are answered 403. If an address is in a block of each list, the smaller block wins; if they are equal, this list. Default: `[]`. */
  readonly deny?: readonly string[] | undefined;
  /** Lets pages of other origins read the answers (CORS). Preflights are answered by Sluice, before `auth`, and cost no tokens; `Access-Control-*` of backends are replaced. Default: that is left to the backends. */
  readonly cors?: {
    /** Origins whose pages may read the answers: `https://app.example.com`, `https://*.example.com` for all hosts below, `"null"`, or `"*"` for all. */
    readonly origins: readonly string[];
    /** Methods that pages may use. Default: `["GET","HEAD","POST","PUT","PATCH","DELETE"]`. */
    readonly methods?: readonly string[] | undefined;
    /** Header fields that pages may send. Default: those that they ask for. */
    readonly headers?: readonly string[] | undefined;
    /** Header fields of answers that pages may read, such as `x-request-id`, besides those that they always may. Default: `[]`. */
    readonly expose?: readonly string[] | undefined;
    /** Pages may send cookies, client certificates and the like. Not with `"*"` or `"null"` in `origins`. Default: `false`. */
    readonly credentials?: boolean | Variable | undefined;
    /** How long browsers may remember a preflight; they have maxima of their own. Default: `10m`. */
    readonly max_age?: string | undefined;
    /** Pages of public sites may reach this gateway in a private network. Default: `false`. */
    readonly private_network?: boolean | Variable | undefined;
  } | undefined;
  /** Instead of `pool`: several pools that share the requests, as for a canary release. */
  readonly split?: readonly {
    /** Name of a pool. */
    readonly pool: string;
    /** Its part of the requests, compared with the other weights. 0: only requests with `header` or `cookie`. Default: `0`. */
    readonly weight?: number | Variable | undefined;
    /** Requests with any of these header fields go to this pool, whatever the weights; `"*"`: any value. The first pool in the list wins. Default: `{}`. */
    readonly header?: { readonly [name: string]: string } | undefined;
    /** The same with cookies. Default: `{}`. */
    readonly cookie?: { readonly [name: string]: string } | undefined;
  }[] | undefined;
  /** How the weights of `split` decide. `client`: each client stays with its pool, and a changed weight moves no more clients than it must. `request`: each request anew. A sticky session stays with its pool either way. Default: `client`. */
  readonly split_by?: 'client' | 'request' | Variable | undefined;
  /** A pool of `split` without an available backend is passed over. False: its requests are answered 503. Default: `true`. */
  readonly split_failover?: boolean | Variable | undefined;
  /** Answers with a redirect, instead of `pool`. The query is kept unless `path` has one. */
  readonly redirect?: {
    /** Default: the request's. */
    readonly scheme?: 'http' | 'https' | Variable | undefined;
    /** Host name, with placeholders; `{host}` is the request's, without its port. Default: the request's. */
    readonly host?: string | undefined;
    /** Default: that of the scheme if `scheme`, or a `host` without `{host}`, is set; otherwise the request's. */
    readonly port?: number | Variable | undefined;
    /** The whole path, with placeholders, and perhaps a query: then that of the request is dropped. Default: the path is kept. */
    readonly path?: string | undefined;
    /** Replaces `path_prefix` of the route. Default: the path is kept. */
    readonly path_prefix?: string | undefined;
    /** Browsers remember 301 and 308; they keep the method with 307 and 308. Default: `308`. */
    readonly status?: 301 | 302 | 303 | 307 | 308 | Variable | undefined;
    /** Take the Host field of the request into the redirect although the route has no `host`: a client, or a cache in between, may be led to any host. **Unsafe.** Default: `false`. */
    readonly any_host?: boolean | Variable | undefined;
  } | undefined;
  /** Answers every request with this, instead of `pool`: a page for maintenance, `robots.txt`, a health check. */
  readonly respond?: {
    /** Status of the answer. Default: `200`. */
    readonly status?: number | Variable | undefined;
    /** Body of the answer. Default: empty. */
    readonly body?: string | undefined;
    /** The body, instead of `body`: at most 1 MiB, read with the configuration and again when it changes. */
    readonly file?: string | undefined;
    /** Default: that of the file by the end of its name; `text/plain; charset=utf-8` for `body`. */
    readonly content_type?: string | undefined;
    /** Further header fields, such as `retry-after: "600"`. Default: `{}`. */
    readonly headers?: { readonly [name: string]: string } | undefined;
  } | undefined;
  /** Remove `path_prefix` before forwarding: `/api/x` becomes `/x`. `/api` alone becomes the base path of the backend, or `/` if it has none. Default: `false`. */
  readonly strip_prefix?: boolean | Variable | undefined;
  /** Changes the path that backends get: `prefix`, `path`, or `regex` and `to`. The query is kept. A request is answered 400 if its path would lead out of the rewritten one. Default: none. */
  readonly rewrite?: {
    /** Replaces `path_prefix`: with `/v1`, `/api/x` becomes `/v1/x` on a route for `/api`. */
    readonly prefix?: string | undefined;
    /** The whole path, with placeholders: docs/policies.md. `{group.1}` is what a group of `path_regex` matched. */
    readonly path?: string | undefined;
    /** Its first match in the path is replaced by `to`. A path that it does not match is left as it is. */
    readonly regex?: string | undefined;
    /** Replaces what `regex` matches, with placeholders. `{group.1}` is a group of `regex`. */
    readonly to?: string | undefined;
  } | undefined;
  /** Header fields of requests, changed before they are forwarded. */
  readonly request_headers?: {
    /** Fields to set, by name, instead of those that are there, such as `x-user: "{client_id}"`. Placeholders: docs/policies.md. A field whose value turns out empty is not sent. Values are never shown. Default: `{}`. */
    readonly set?: { readonly [name: string]: string } | undefined;
    /** Fields to add beside those that are there. Default: `{}`. */
    readonly add?: { readonly [name: string]: string } | undefined;
    /** Names of fields to remove, in every spelling. Default: `[]`. */
    readonly remove?: readonly string[] | undefined;
  } | undefined;
  /** Header fields of answers, changed before clients get them; also of those that the gateway gives itself. */
  readonly response_headers?: {
    /** Fields to set, by name, instead of those that are there, such as `x-frame-options: DENY`. Placeholders: docs/policies.md. A field whose value turns out empty is not sent. Default: `{}`. */
    readonly set?: { readonly [name: string]: string } | undefined;
    /** Fields to add beside those that are there. Default: `{}`. */
    readonly add?: { readonly [name: string]: string } | undefined;
    /** Names of fields to remove, in every spelling. Default: `[]`. */
    readonly remove?: readonly string[] | undefined;
  } | undefined;
  /** Pages for errors, for clients that prefer HTML by their `Accept`; others get JSON. Default: JSON for all, and the answers of backends as they are. */
  readonly error_pages?: {
    /** HTML files by status or class of it: `"404"` comes before `4xx`. At most 1 MiB each, read with the configuration and again when they change. `{status}`, `{message}` and `{request_id}` in them are replaced. */
    readonly pages: { readonly [name: string]: string };
    /** Also replace the answers of backends with these statuses. False: only errors of Sluice itself. Default: `false`. */
    readonly intercept?: boolean | Variable | undefined;
  } | undefined;
  /** Add header fields that make browsers more careful, where the backend sends none of the name: docs/policies.md. Default: `false`. */
  readonly security_headers?: boolean | Variable | undefined;
  /** Compresses answers for clients that accept it; `{}` for the defaults. Answers that are compressed already, or have `Cache-Control: no-transform`, stay as they are. Default: off. */
  readonly compression?: {
    /** What clients may get; the first that a client likes as much as any other is used. Default: `["zstd","br","gzip"]`. */
    readonly encodings?: readonly ('zstd' | 'br' | 'gzip' | Variable)[] | undefined;
    /** Smaller bodies stay as they are. Bytes. Default: `1024`. */
    readonly min_bytes?: number | Variable | undefined;
    /** Which bodies are compressed. Event streams, gRPC and multipart bodies never are. Default: `["text/*","application/json","application/*+json","application/javascript","application/xml","application/*+xml","application/wasm","image/svg+xml"]`. */
    readonly types?: readonly string[] | undefined;
    /** Higher levels take more time for smaller bodies. */
    readonly level?: {
      /** Of Zstandard. Default: `3`. */
      readonly zstd?: number | Variable | undefined;
      /** Of Brotli. Default: `4`. */
      readonly br?: number | Variable | undefined;
      /** Of gzip. Default: `5`. */
      readonly gzip?: number | Variable | undefined;
    } | undefined;
  } | undefined;
  /** Stores answers to GET as a shared cache does (RFC 9111), in memory; `{}` for the defaults. docs/policies.md. Default: off. */
  readonly cache?: {
    /** Memory for the answers of this route, all threads together; each thread has an equal part and its own answers. Bytes. Default: `67108864`. */
    readonly max_bytes?: number | Variable | undefined;
    /** Larger bodies are not stored. Bytes. Default: `1048576`. */
    readonly max_entry_bytes?: number | Variable | undefined;
    /** How long an answer may be used that does not say so itself, unless its request had a cookie; `0s`: it is not stored. Default: `0s`. */
    readonly default_ttl?: string | undefined;
    /** An answer that has been stale for less is used while a new one is fetched, where it does not say itself (RFC 5861). Default: `0s`. */
    readonly stale_while_revalidate?: string | undefined;
    /** An answer that has been stale for less is used if backends fail, where it does not say itself (RFC 5861). Default: `0s`. */
    readonly stale_if_error?: string | undefined;
    /** Also store answers with Set-Cookie: every client then gets the cookie of the first one. Default: `false`. */
    readonly store_set_cookie?: boolean | Variable | undefined;
    /** What an answer belongs to, besides scheme, path and pool. */
    readonly key?: {
      /** Hosts have answers of their own. Off: any Host field can decide what all others get. Default: `true`. */
      readonly host?: boolean | Variable | undefined;
      /** Parameters with answers of their own; `"*"`: the query as it is. Backends get all of them anyway. Default: `["*"]`. */
      readonly query?: readonly string[] | undefined;
      /** Header fields with answers of their own, besides `Vary`. Default: `[]`. */
      readonly headers?: readonly string[] | undefined;
      /** Cookies with answers of their own. Default: `[]`. */
      readonly cookies?: readonly string[] | undefined;
    } | undefined;
  } | undefined;
  /** Names of plugins in `plugins` that see its requests and answers, in this order. Default: `[]`. */
  readonly plugins?: readonly string[] | undefined;
  /** False: nothing of `route_defaults` applies to this route. Default: `true`. */
  readonly inherit?: boolean | Variable | undefined;
  /** Time until the response head, including all retries; `0s`: no limit. Default: `120s`. */
  readonly timeout?: string | undefined;
  /** A WebSocket or other upgraded connection is closed after being idle this long; `0s`: never. Default: `1h`. */
  readonly upgrade_idle_timeout?: string | undefined;
  /** Largest request body. Bytes. Default: no limit. */
  readonly max_body_bytes?: number | Variable | undefined;
  /** With `server.shedding`: requests of lower priority are refused first. `low` is 2, `normal` 5, `high` 7, `critical` 9, which is never refused. Default: `normal`. */
  readonly priority?: number | Variable | 'low' | 'normal' | 'high' | 'critical' | undefined;
  /** Tokens a request takes from every limit that applies to it. Default: `1`. */
  readonly cost?: number | Variable | undefined;
  /** The answer says what the request costs: what was taken too much is given back, what is missing is charged, at most one bucket of it as a debt. Default: a request costs `cost`. */
  readonly cost_from?: {
    /** A header field or trailer of the answer: a number, such as `x-request-cost`. */
    readonly header?: string | undefined;
    /** Numbers in the JSON of the answer or of the events of its stream: keys joined by dots, `[]` for the elements of a list; terms joined by `+`, each with a weight (`* 5`) and alternatives (`|`) of which the first that is there counts. docs/model-costs.md has those of common APIs. */
    readonly json?: string | undefined;
    /** Taken from the limits when the request is admitted, and kept if the answer does not say its cost. Tokens. Default: `cost`. */
    readonly estimate?: number | Variable | undefined;
    /** An answer is charged no more than this. Tokens. Default: 1e9. */
    readonly max?: number | Variable | undefined;
    /** What the answer says is multiplied by this, and rounded up. Default: `1`. */
    readonly multiply?: number | Variable | undefined;
    /** Clients do not get the `header`. Default: `false`. */
    readonly hide?: boolean | Variable | undefined;
  } | undefined;
  /** Sends copies of requests to another pool and drops their answers. The original never waits for one. Copies have the field `X-Sluice-Mirror: 1`. Default: none. */
  readonly mirror?: {
    /** Name of the pool that gets the copies. */
    readonly pool: string;
    /** Share of the requests that are copied. Default: `1`. */
    readonly sample?: number | Variable | undefined;
    /** Methods that are copied. Others change something, so the copy must not reach what the original changes. Default: `["GET","HEAD"]`. */
    readonly methods?: readonly string[] | undefined;
    /** A request with a larger body is not copied. Bytes. Default: `65536`. */
    readonly max_body_bytes?: number | Variable | undefined;
    /** Most copies of this route at a time, on each thread; beyond that, requests are not copied. Default: `100`. */
    readonly max_in_flight?: number | Variable | undefined;
    /** A copy that takes longer is given up. Default: `10s`. */
    readonly timeout?: string | undefined;
  } | undefined;
  /** Most requests of a client on this route at a time, across all threads of this gateway; further ones are answered 429. An upgraded connection counts until it closes. Default: no limit. */
  readonly max_in_flight_per_client?: number | Variable | undefined;
  /** Requests of each client on this route in a day or month. Kept over restarts; gateways on one PostgreSQL count together, within a second. Further requests are answered 429. Default: none. */
  readonly quota?: {
    /** Most requests in a period. */
    readonly requests: number | Variable;
    /** The period. */
    readonly per: 'day' | 'month' | Variable;
    /** Where days and months begin: a name of the IANA database. Default: `UTC`. */
    readonly timezone?: string | undefined;
  } | undefined;
  /** Limits of this route, in addition to those in `rate_limit`. Without `redis`, each gateway counts its own. */
  readonly rate_limit?: {
    /** Limit per client on this route, in addition to its general one. Default: none. */
    readonly client?: {
      /** Token bucket: largest burst. Tokens; with `rate_per_second`. */
      readonly capacity?: number | Variable | undefined;
      /** Token bucket: refill rate. Tokens per second; with `capacity`. */
      readonly rate_per_second?: number | Variable | undefined;
      /** Sliding window: most requests in it; with `size`. */
      readonly limit?: number | Variable | undefined;
      /** Sliding window: its length; with `limit`. */
      readonly size?: string | undefined;
      /** `fleet`: all gateways on the same Redis share it (`rate_limit.shared`). `gateway`: each has its own. Default: `fleet`. */
      readonly scope?: 'fleet' | 'gateway' | Variable | undefined;
      /** Counts the requests with the same text instead of those of each client, such as `"{jwt.sub}"` or `"{header.x-tenant}"`. Known after authentication. A request without one of the values counts as its client's. Placeholders: docs/policies.md. Default: the client. */
      readonly key?: string | undefined;
    } | undefined;
    /** Limit of all clients together on this route. Default: none. */
    readonly total?: {
      /** Token bucket: largest burst. Tokens; with `rate_per_second`. */
      readonly capacity?: number | Variable | undefined;
      /** Token bucket: refill rate. Tokens per second; with `capacity`. */
      readonly rate_per_second?: number | Variable | undefined;
      /** Sliding window: most requests in it; with `size`. */
      readonly limit?: number | Variable | undefined;
      /** Sliding window: its length; with `limit`. */
      readonly size?: string | undefined;
      /** `fleet`: all gateways on the same Redis share it (`rate_limit.shared`). `gateway`: each has its own. Default: `fleet`. */
      readonly scope?: 'fleet' | 'gateway' | Variable | undefined;
    } | undefined;
    /** Only report requests that these limits would refuse. Default: `false`. */
    readonly dry_run?: boolean | Variable | undefined;
    /** CORS preflights are not charged to the limits of the client and the route. Instead, each client may send as many as the default limit allows, and the global limit counts them. Default: `false`. */
    readonly free_preflight?: boolean | Variable | undefined;
  } | undefined;
}
