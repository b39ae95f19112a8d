/** The version that the manifests and the chart in deploy/ run. */

export const DEPLOYED: readonly string[] = [
  'deploy/helm/sluice/Chart.yaml',
  'deploy/kubernetes/overlays/single/kustomization.yaml',
  'deploy/kubernetes/overlays/fleet/kustomization.yaml',
  'deploy/kubernetes/rendered/single.yaml',
  'deploy/kubernetes/rendered/fleet.yaml',
];

const NAMED = /(^version: |^appVersion: |\bnewTag: |\bimage: \S+\/sluice:)([\w.-]+)/gm;

/** Each place that names it. */
export function versionsIn(text: string): readonly string[] {
  return [...text.matchAll(NAMED)].map(([, , version]) => version!);
}

/** Replaced as text, so comments stay. */
export function withVersion(text: string, version: string): string {
  return text.replace(NAMED, (_, name: string) => name + version);
}
