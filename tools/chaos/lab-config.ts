/** The gateway's configuration in a lab. YAML reads JSON. */
export interface LabConfig {
  readonly backends: readonly string[];
  readonly dataDir: string;
  /** Empty: the embedded database. */
  readonly databaseUrl: string;
  /** A change of this number changes the configuration; 1..100. */
  readonly weight: number;
}

/** As shipped except for times: 30 s there is 2 s here, so that a run ends within minutes. */
export function labConfig({ backends, dataDir, databaseUrl, weight }: LabConfig): string {
  const config = {
    server: { host: '127.0.0.1', port: 0, threads: 2, drain_delay: '0s', drain_timeout: '2s' },
    admin: { host: '127.0.0.1', port: 0 },
    database: { data_dir: dataDir, save_levels: '1s', ...(databaseUrl === '' ? {} : { url: databaseUrl }) },
    log: { format: 'json', access: { enabled: false } },
    pools: { default: { backends: backends.map((url) => ({ url, weight })) } },
    health_check: { interval: '1s', fast_interval: '1s', timeout: '900ms' },
    passive_health: { eject: '2s', max_eject: '4s' },
    circuit_breaker: { open: '2s', max_open: '4s' },
    timeouts: { response: '4s' },
  };
  return JSON.stringify(config, null, 2);
}
