/** The file's key for a key of Settings: `fastIntervalMs` is `fast_interval`, `hstsSeconds` is `hsts`, `caPem` the file named by `ca_file`, `fileContent` that named by `file`. */
export function fileKey(camel: string): string {
  return camel
    .replace(/(Ms|Seconds)$/, '')
    .replace(/Pem$/, 'File')
    .replace(/Content$/, '')
    .replaceAll(/(?<=[a-z0-9])[A-Z]|(?<=[a-z])(?<!http)\d+$/g, (found) => `_${found.toLowerCase()}`);
}
