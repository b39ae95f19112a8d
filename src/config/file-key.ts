/** The key of the configuration file that a key of Settings came from: `fastIntervalMs` is `fast_interval`. */
export function fileKey(camel: string): string {
  return camel.replace(/Ms$/, '').replaceAll(/(?<=[a-z])(?:[A-Z]|\d+)/g, (found) => `_${found.toLowerCase()}`);
}
