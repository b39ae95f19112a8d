/**
 * How to reach the API server and get in: as the service account of a pod, or as a kubeconfig says. Files are read
 * again each minute, because Kubernetes replaces tokens and certificates while they are in use.
 */
import { readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { parse } from 'yaml';
import { fileReason } from '../../../../runtime/file-reason.ts';
import { type KubeContext, kubeContext, type PemSource } from '../../../core/kubeconfig.ts';
import type { TlsOptions } from '../registry-http.ts';

export interface ClusterAccess {
  /** Perhaps with a base path, without a slash at its end. */
  readonly server: string;
  readonly tls: TlsOptions;
  /** Null: by certificate, or not at all. */
  readonly token: string | null;
  readonly namespace: string;
}

export interface KubernetesProvider {
  /** Null: in the cluster. */
  readonly kubeconfig: string | null;
  readonly context: string | null;
}

/** What a pod finds in its environment and file system. */
export interface PodAccess {
  /** URL of the API server; null: this is no pod. */
  readonly server: string | null;
  readonly folder: string;
}

export const ACCOUNT_FOLDER = '/var/run/secrets/kubernetes.io/serviceaccount';
const REREAD_MS = 60_000;
const MAX_BYTES = 1024 * 1024;

export class ClusterLogin {
  readonly #read: () => Promise<ClusterAccess>;
  readonly #nowMs: () => number;
  #kept: { readonly access: ClusterAccess; readonly untilMs: number } | null = null;

  constructor({ kubeconfig, context }: KubernetesProvider, pod: PodAccess, nowMs: () => number) {
    this.#read = kubeconfig === null ? () => readPod(pod) : () => readKubeconfig(kubeconfig, context);
    this.#nowMs = nowMs;
  }

  /** Rejects with the reason for operators. */
  async access(): Promise<ClusterAccess> {
    if (this.#kept !== null && this.#nowMs() < this.#kept.untilMs) return this.#kept.access;
    const access = await this.#read();
    this.#kept = { access, untilMs: this.#nowMs() + REREAD_MS };
    return access;
  }

  /** It was refused: read it again. */
  forget(): void {
    this.#kept = null;
  }
}

async function readPod({ server, folder }: PodAccess): Promise<ClusterAccess> {
  if (server === null)
    throw new Error('not in a pod: KUBERNETES_SERVICE_HOST is not set; set discovery.kubernetes.kubeconfig');
  const [token, ca, namespace] = await Promise.all(
    ['token', 'ca.crt', 'namespace'].map((name) => readText(join(folder, name))),
  );
  return { server, tls: { ca: ca! }, token: token!.trim(), namespace: namespace!.trim() };
}

async function readKubeconfig(file: string, wanted: string | null): Promise<ClusterAccess> {
  const text = await readText(file);
  let content: unknown;
  try {
    content = parse(text, { maxAliasCount: 10 });
  } catch {
    throw new Error(`${file} is not YAML`);
  }
  const context = kubeContext(content, wanted);
  if (typeof context === 'string') throw new Error(`${file} ${context}`);
  const from = dirname(resolve(file));
  const [ca, cert, key] = await Promise.all([context.ca, context.cert, context.key].map((pem) => readPem(pem, from)));
  return {
    server: context.server.replace(/\/+$/, ''),
    tls: {
      ...(ca !== null && { ca: ca! }),
      ...(cert !== null && { cert: cert! }),
      ...(key !== null && { key: key! }),
      ...(context.serverName !== null && { servername: context.serverName }),
    },
    token: await tokenOf(context, from),
    namespace: context.namespace ?? 'default',
  };
}

async function tokenOf({ token, tokenFile }: KubeContext, from: string): Promise<string | null> {
  return tokenFile === null ? token : (await readText(resolve(from, tokenFile))).trim();
}

async function readPem(source: PemSource | null, from: string): Promise<string | null> {
  if (source === null) return null;
  if (source.kind === 'file') return readText(resolve(from, source.file));
  return Buffer.from(source.base64, 'base64').toString('utf8');
}

async function readText(path: string): Promise<string> {
  const bytes = await readFile(path).catch((error: unknown) => {
    throw new Error(`${path} cannot be read: ${fileReason(error)}`, { cause: error });
  });
  if (bytes.length > MAX_BYTES) throw new Error(`${path} is larger than ${MAX_BYTES} bytes`);
  return bytes.toString('utf8');
}
