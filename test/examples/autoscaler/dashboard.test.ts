/** The dashboard in a real browser: it loads, shows replicas that come under a step, complains of nothing, and fits a telephone. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import t from 'tap';
import { freePort } from '../../../examples/autoscaler/commands/ports.ts';
import { startController, takeDown } from '../../../examples/autoscaler/commands/system.ts';
import { PRESETS, type Settings } from '../../../examples/autoscaler/settings.ts';
import { which } from '../../../scripts/setup/programs.js';
import { audited } from '../../support/audit.ts';
import { noBusybox, temporary } from '../../support/rootfs.ts';

const browserPath = which('chromium') ?? which('google-chrome');
const reason =
  noBusybox ||
  (which('haproxy') ? false : 'haproxy is not installed') ||
  (browserPath ? false : 'chromium is not installed');

/** Two CPUs are shared with everything else: a browser may take its time. */
const PATIENCE = 60_000;

/** What a browser needs in a container of a CI, and none of what it does beside. */
const FLAGS = [
  '--no-sandbox',
  '--headless',
  '--disable-gpu',
  '--disable-dev-shm-usage',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** What the functions that run in the page use of it. */
interface Seen {
  textContent: string | null;
  className: string;
  childElementCount: number;
  outerHTML: string;
  scrollWidth: number;
  clientWidth: number;
  closest(selector: string): Seen | null;
}
declare const document: {
  documentElement: Seen;
  querySelector(selector: string): Seen | null;
  querySelectorAll(selector: string): Iterable<Seen> & { length: number };
};
declare const getComputedStyle: (of: Seen) => { fontSize: string };

t.setTimeout(280_000);

audited(
  'the dashboard',
  async (t) => {
    const home = temporary('chromium');
    const ports = { entry: await freePort(), statistics: await freePort(), dashboard: await freePort() };
    const settings: Settings = { ...PRESETS, name: 'web', ports, objects: temporary('objects'), max: 5 };
    const url = `http://127.0.0.1:${ports.dashboard}`;
    await startController(settings);
    try {
      for (const name of ['profile', 'cache']) mkdirSync(join(home, name));
      await using browser = await launch(home);
      const { page } = browser;
      page.setDefaultTimeout(PATIENCE);
      const complaints: string[] = [];
      page.on('console', (message) => {
        if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
      });
      page.on('pageerror', (error) => complaints.push(error.message));
      page.on('requestfailed', (request) => complaints.push(`${request.url()}: ${request.failure()?.errorText}`));
      const elsewhere: string[] = [];
      page.on('request', (request) => {
        if (!request.url().startsWith(url)) elsewhere.push(request.url());
      });

      await page.goto(url);
      await page.waitForFunction(() => document.querySelector('#connection')?.textContent === 'live');
      await page.waitForFunction(() => document.querySelectorAll('#replicas td.serving').length === 2);
      t.equal(await page.locator('#plot-rate svg path').count(), 2, 'lines are drawn');

      // A load that needs all of them.
      await page.selectOption('#load [name=shape]', 'constant');
      await page.fill('#load [name=high]', '180');
      await page.fill('#load [name=duration]', '120');
      await page.click('#load button:not([type])');
      await page.waitForFunction(() => document.querySelectorAll('#replicas td.serving').length === 5);
      await page.waitForFunction(() => /→ 5 replicas/.test(document.querySelector('#log')?.textContent ?? ''));
      await page.waitForFunction(() => Number(document.querySelector('#served')?.textContent) > 50);
      await page.waitForFunction(() =>
        /^\d/.test(document.querySelector('#replicas tbody td:nth-child(5)')?.textContent ?? ''),
      );
      t.equal(await page.textContent('#under-way'), 'constant is under way');

      await page.setViewportSize({ width: 380, height: 800 });
      const { scroll, client } = await page.evaluate(() => ({
        scroll: document.documentElement.scrollWidth,
        client: document.documentElement.clientWidth,
      }));
      t.ok(scroll <= client, `nothing is wider than a telephone: ${scroll} of ${client}`);
      const small = await page.evaluate(() =>
        [...document.querySelectorAll('body *')]
          .filter((each) => each.childElementCount === 0 && each.textContent?.trim() !== '' && !each.closest('svg'))
          .filter((each) => Number.parseFloat(getComputedStyle(each).fontSize) < 11)
          .map((each) => each.outerHTML),
      );
      t.strictSame(small, [], 'everything can be read');

      await page.click('#stop');
      await page.selectOption('#settings [name=policy]', 'threshold');
      await page.fill('#settings [name=max]', '4');
      await page.click('#settings button');
      await page.waitForFunction(() => document.querySelector('#applied')?.textContent === 'applied');
      await page.waitForFunction(() => /threshold: above/.test(document.querySelector('#log')?.textContent ?? ''));
      await page.fill('#settings [name=min]', '9');
      await page.click('#settings button');
      await page.waitForFunction(() => document.querySelector('#applied')?.className === 'wrong');
      t.match(await page.textContent('#applied'), /min 9 is more than max 4/);
      // That answer was asked for.
      t.strictSame(
        complaints.filter((text) => !/status of 400/.test(text)),
        [],
      );
      t.strictSame(elsewhere, [], 'works offline');

      t.match(await (await fetch(`${url}/metrics`)).text(), /^autoscaler_replicas\{phase="serving"\} \d$/m);
      const foreign = await fetch(`${url}/api/load`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', origin: 'http://elsewhere.example' },
        body: '{"shape":"none"}',
      });
      t.equal(foreign.status, 403, 'no other site steers it');
    } finally {
      await takeDown(settings.name);
    }
  },
  reason,
);

/** A browser with a profile and an environment of its own: nothing of ours, LD_PRELOAD least of all, is for it. */
async function launch(home: string) {
  const context = await chromium.launchPersistentContext(join(home, 'profile'), {
    executablePath: browserPath as string,
    args: FLAGS,
    headless: true,
    timeout: PATIENCE,
    env: {
      PATH: process.env.PATH ?? '',
      HOME: home,
      XDG_CACHE_HOME: join(home, 'cache'),
      XDG_CONFIG_HOME: home,
      LANG: 'C.UTF-8',
    },
    viewport: { width: 1280, height: 900 },
  });
  const page = context.pages()[0] ?? (await context.newPage());
  return { page, [Symbol.asyncDispose]: () => context.close() };
}
