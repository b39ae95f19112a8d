/** The key of the file that a key of Settings came from: `fastIntervalMs` is `fast_interval`, `caPem` is what `ca_file` names. */
export function fileKey(camel: string): string {
  return camel
    .replace(/Ms$/, '')
    .replace(/Pem$/, 'File')
    .replaceAll(/(?<=[a-z0-9])[A-Z]|(?<=[a-z])\d+$/g, (found) => `_${found.toLowerCase()}`);
}
