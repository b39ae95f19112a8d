// Exit code 0 when the address answers 200, for HEALTHCHECK: the image has no curl.
const url = process.argv[2] ?? 'http://127.0.0.1:9000/readyz';
try {
  const { ok, status } = await fetch(url, { signal: AbortSignal.timeout(2500) });
  if (!ok) throw new Error(`status ${status}`);
} catch (error) {
  console.error(`${url}: ${error.cause?.message ?? error.message}`);
  process.exitCode = 1;
}
