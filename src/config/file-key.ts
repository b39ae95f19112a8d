/** The key of the configuration file that a key of Settings came from: `fastIntervalMs` is `fast_interval`, `count500` `count_500`. */
export function fileKey(camel: string): string {
  return camel
    .replace(/Ms$/, '')
    .replaceAll(/(?<=[a-z0-9])[A-Z]|(?<=[a-z])\d+$/g, (found) => `_${found.toLowerCase()}`);
}
