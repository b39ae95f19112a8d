import type { Environment } from './read-variable.ts';

/** URL of the API server, as Kubernetes tells each pod; null: this is none. */
export function clusterAddress(env: Environment = process.env): string | null {
  const host = env['KUBERNETES_SERVICE_HOST'];
  if (host === undefined || host === '') return null;
  const port = env['KUBERNETES_SERVICE_PORT'] || '443';
  return `https://${host.includes(':') ? `[${host}]` : host}:${port}`;
}
