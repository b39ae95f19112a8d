/** The real Prometheus on the configuration and rules of docker/prometheus, scraping a gateway of the test each second. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { parse, stringify } from 'yaml';
import { eventually } from './eventually.ts';
import { freePort } from './free-port.ts';
import { temporaryFolder } from './sluice-process.ts';

export const prometheusFolder = join(import.meta.dirname, '../../docker/prometheus');

interface Config {
  global: Record<string, string>;
  rule_files: string[];
  scrape_configs: { authorization: { credentials_file: string }; static_configs: { targets: string[] }[] }[];
}

export interface PromSeries {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [number, string];
}

export interface Prometheus {
  query(expression: string): Promise<readonly PromSeries[]>;
  /** Of its HTTP API: `data` of the answer. */
  api<T>(path: string): Promise<T>;
}

/** The shipped file with another target, token and interval. Returns where it was written. */
export function writePrometheusConfig(folder: string, target: string, token: string): string {
  const config = parse(readFileSync(join(prometheusFolder, 'prometheus.yml'), 'utf8')) as Config;
  const credentials = join(folder, 'token');
  writeFileSync(credentials, token);
  config.global = { scrape_interval: '1s', evaluation_interval: '1s' };
  config.rule_files = config.rule_files.map((path) => join(prometheusFolder, path));
  const [scrape] = config.scrape_configs;
  scrape!.authorization.credentials_file = credentials;
  scrape!.static_configs = [{ targets: [target] }];
  const file = join(folder, 'prometheus.yml');
  writeFileSync(file, stringify(config));
  return file;
}

export async function startPrometheus(
  t: Pick<TestContext, 'after'>,
  adminUrl: string,
  token: string,
): Promise<Prometheus> {
  const folder = temporaryFolder(t);
  const port = await freePort();
  const file = writePrometheusConfig(folder, new URL(adminUrl).host, token);
  const child = spawn(
    'prometheus',
    [
      `--config.file=${file}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--log.level=error',
    ],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
  const exited = once(child, 'exit');
  t.after(async () => {
    child.kill();
    await exited;
  });
  const url = `http://127.0.0.1:${port}`;
  await eventually('Prometheus is ready', () =>
    fetch(`${url}/-/ready`).then(
      ({ ok }) => ok,
      () => false,
    ),
  );
  const api = async <T>(path: string): Promise<T> => {
    const answer = (await (await fetch(url + path)).json()) as { status: string; data: T; error?: string };
    if (answer.status !== 'success') throw new Error(`${path}: ${answer.error}`);
    return answer.data;
  };
  return {
    api,
    query: async (expression) =>
      (await api<{ result: PromSeries[] }>(`/api/v1/query?query=${encodeURIComponent(expression)}`)).result,
  };
}
