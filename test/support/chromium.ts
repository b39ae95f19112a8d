/** Headless Chromium, and pages that report what goes wrong in them. */
import { existsSync } from 'node:fs';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';

const CANDIDATES = [
  process.env['CHROMIUM'],
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
];

export const chromiumPath = CANDIDATES.find((path) => path !== undefined && existsSync(path));

const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--js-flags=--expose-gc',
];

/** The caller closes it: until then its process keeps this one alive. */
export async function startChromium(): Promise<Browser> {
  if (chromiumPath === undefined) throw new Error('no Chromium: .ci/run installs the Debian package `chromium`');
  return chromium.launch({ executablePath: chromiumPath, args: ARGUMENTS });
}

export interface WatchedPage {
  readonly page: Page;
  /** Problems in the page: exceptions, errors on its console, violations of the Content-Security-Policy. */
  readonly faults: readonly string[];
  /** Hosts that were contacted. */
  readonly hosts: ReadonlySet<string>;
}

/** The browser itself prints answers of 400 and above on the console: those are not faults of the page. */
const ANSWERED = /^Failed to load resource|WebSocket connection to/;

export async function openPage(browser: Browser, options: BrowserContextOptions = {}): Promise<WatchedPage> {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  const faults: string[] = [];
  const hosts = new Set<string>();
  page.on('pageerror', (error) => faults.push(String(error.stack ?? error)));
  page.on('console', (message) => {
    if (message.type() === 'error' && !ANSWERED.test(message.text())) faults.push(message.text());
  });
  page.on('request', (request) => hosts.add(new URL(request.url()).host));
  page.on('websocket', (socket) => hosts.add(new URL(socket.url()).host));
  // As text: this file is checked without the browser's types.
  await page.addInitScript(`document.addEventListener('securitypolicyviolation', (event) => {
    console.error('policy: ' + event.violatedDirective + ' ' + event.blockedURI + ' ' + event.sourceFile);
  })`);
  return { page, faults, hosts };
}
