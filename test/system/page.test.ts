import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { browserPath, launchBrowser } from '../support/browser.ts';
import { connectMqtt } from '../support/mqtt-recorder.ts';
import { skippedAloud } from '../support/skipped-aloud.ts';
import { startHub, type RunningHub } from '../support/start-hub.ts';
import { makeTempDir, removeTempDir } from '../support/temp-dir.ts';
import { waitUntil } from '../support/wait-until.ts';

const TOKEN = 'a-token-for-the-page';
const MAX_BYTES = 60_000;
const RULE = `
id: smog
severity: major
summary: Smog over a district
when: { domain: environment, metric: pm25, aggregate: mean, window: 1s, above: 150, early: true }
groupBy: [district]
`;
/** Two districts side by side; "hills" is on no map. */
const MAP = {
  type: 'FeatureCollection',
  features: ['harbour', 'mill'].map((id, i) => ({
    type: 'Feature',
    properties: { id, name: id === 'harbour' ? 'The Harbour' : 'Mill Lane' },
    geometry: { type: 'Polygon', coordinates: [[[i, 0], [i + 1, 0], [i + 1, 1], [i, 1], [i, 0]]] }, // prettier-ignore
  })),
};

const executable = browserPath();
if (executable === undefined) skippedAloud('the page in a browser', 'there is no chromium on this machine');

let hub: RunningHub;
let folder: string;

function start(httpPort = '0'): Promise<RunningHub> {
  const args = ['--map', join(folder, 'map.geojson'), '--http-port', httpPort];
  return startHub({
    dataDir: join(folder, 'data'),
    token: TOKEN,
    rules: { 'smog.yaml': RULE },
    timeZone: 'Asia/Tokyo',
    args,
  });
}

beforeAll(async () => {
  folder = await makeTempDir('page');
  writeFileSync(join(folder, 'map.geojson'), JSON.stringify(MAP));
  hub = await start();
}, 60_000);

afterAll(async () => {
  if (hub?.isRunning()) await hub.stop();
  await removeTempDir(folder);
});

describe('the files of the page', () => {
  async function file(path: string): Promise<string> {
    const headers = { authorization: `Bearer ${TOKEN}` };
    const response = await fetch(new URL(path, hub.http), { headers });
    expect([path, response.status]).toEqual([path, 200]);
    return response.text();
  }

  it('are the hub’s own, and below 60 kB together', async () => {
    const found = new Map([['/', await file('/')]]);
    // Every file that a file asks for, until there is none that is new.
    for (const [path, text] of found) {
      const asked = [...text.matchAll(/(?:(?:src|href)=|from\s*|import\s*|url\()["']([^"']+)["']/g)].map(
        ([, name]) => name!,
      );
      for (const name of asked) {
        const { pathname, origin } = new URL(name, new URL(path, 'http://hub'));
        expect(origin).toBe('http://hub');
        if (!found.has(pathname)) found.set(pathname, await file(pathname));
      }
    }
    expect([...found.keys()]).toEqual(expect.arrayContaining(['/page/style.css', '/page/main.js', '/page/dom.js']));
    const bytes = [...found.values()].reduce((sum, text) => sum + Buffer.byteLength(text), 0);
    expect(bytes).toBeLessThan(MAX_BYTES);
    expect(bytes).toBeGreaterThan(10_000);
  });
});

(executable === undefined ? describe.skip : describe)('the page in a browser', () => {
  let browser: Browser;
  let page: Page;
  const faults: string[] = [];

  beforeAll(async () => {
    browser = await launchBrowser(executable!);
    const context = await browser.newContext({
      viewport: { width: 360, height: 780 },
      httpCredentials: { username: 'anyone', password: TOKEN },
    });
    page = await context.newPage();
    page.on('pageerror', (error) => faults.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error' && !message.text().includes('net::ERR_')) faults.push(message.text());
    });
  }, 60_000);

  afterAll(async () => {
    await browser?.close();
  });

  async function publish(messages: readonly (readonly [topic: string, payload: unknown])[]): Promise<void> {
    const client = await connectMqtt(hub.mqtt, { username: 'device', password: TOKEN });
    for (const [topic, payload] of messages)
      await client.publishAsync(`city/environment/${topic}`, JSON.stringify(payload), { qos: 1 });
    await client.endAsync();
  }

  const see = (selector: string, text: string | RegExp, timeout = 15_000) =>
    page.locator(selector).filter({ hasText: text }).first().waitFor({ timeout });

  it('asks for a first reading while there is none', async () => {
    await page.goto(hub.http);
    await see('#empty', 'mosquitto_pub');
    await see('#link', 'Live');
  }, 30_000);

  it('shows each district by its devices, on the map or beside it, with the unit', async () => {
    const now = Date.now();
    await publish([
      ['a/attributes', { district: 'harbour', metrics: { pm25: { unit: 'ug/m3' } } }],
      ['b/attributes', { district: 'harbour' }],
      ['c/attributes', { district: 'mill' }],
      ['d/attributes', { district: 'hills' }],
      ['a/telemetry', { ts: now - 20_000, pm25: 10 }],
      ['b/telemetry', { ts: now - 20_000, pm25: 21 }],
      ['c/telemetry', { ts: now - 20_000, pm25: 64.5 }],
      ['d/telemetry', { ts: now - 20_000, pm25: 7 }],
    ]);
    await see('#map .label', /The Harbour15\.5/);
    await see('#map .label', /Mill Lane64\.5/);
    await see('#tiles button', /hills7/);
    expect(await page.locator('#metric option').allTextContents()).toEqual(['environment · pm25 (µg/m³)']);
    await see('.domain', '4 devices');
    const fills = await page.evaluate<string[]>(
      '[...document.querySelectorAll(".district path")].map((path) => path.style.fill)',
    );
    expect(new Set(fills).size).toBe(2);
    expect(await page.locator('#legend span').count()).toBeGreaterThan(1);
  }, 30_000);

  it('draws a day of history on a click, and on a key', async () => {
    await page.locator('.district[data-district="mill"]').click();
    await see('#history-title', 'environment · pm25 in Mill Lane, last 24 hours');
    await page.locator('#chart polyline').first().waitFor({ state: 'attached' });
    await see('#chart .keys', /Mill Lane 64\.5 µg\/m³/);
    await page.locator('.district[data-district="harbour"]').press('Enter');
    await see('#chart .keys', /The Harbour 15\.5/);
    await page.locator('.domain button').first().click();
    await page.locator('#whole').click();
    await see('#history-title', /pm25, last 24 hours/);
    await see('#chart .keys', /hills 7/);
  }, 30_000);

  it('tells a rejection as it comes, as text whatever it holds', async () => {
    await publish([['a/telemetry', { pm25: '<img src=x onerror=alert(1)>' }]]);
    await see('#rejections li', 'undeclared-text');
    await see('#rejections .sample', '<img src=x onerror=alert(1)>');
    expect(await page.locator('#rejections img').count()).toBe(0);
  }, 30_000);

  it('tells an alert with its evidence, and lets it go when it clears', async () => {
    const now = Date.now();
    await publish([['c/telemetry', { ts: now, pm25: 400 }]]);
    await see('#alerts li', 'Smog over a district');
    await see('#counts', '1 major');
    await see('#map .mark.major', '1 major');
    await page.locator('#alerts button').click();
    await see('#history-title', 'environment · pm25 in Mill Lane, last 24 hours');
    await see('#alerts .where', 'Mill Lane · pm25 above 150 µg/m³');
    await see('#alerts dl', /above 150/);
    await see('#alerts dl', /400 µg\/m³, the mean of environment pm25/);
    await publish([['c/telemetry', { ts: now + 3_000, pm25: 10 }]]);
    await see('#no-alerts', 'None.');
    expect(await page.locator('#alerts li').count()).toBe(0);
    await page.locator('#map .mark.major').waitFor({ state: 'hidden' });
  }, 30_000);

  it('fits a narrow phone and a wall', async () => {
    for (const [width, height] of [
      [360, 780],
      [2560, 1440],
      [3840, 2160],
    ] as const) {
      await page.setViewportSize({ width, height });
      expect(await page.evaluate<number>('document.body.scrollWidth')).toBeLessThanOrEqual(width);
      // A wall has nobody to scroll it.
      if (width > 2000) {
        const whole = 'document.body.scrollHeight <= innerHeight && history.scrollHeight <= history.clientHeight';
        const wholeChart = `((history) => ${whole})(document.getElementById('history'))`;
        await waitUntil('the city and its chart are whole', () => page.evaluate<boolean>(wholeChart), 5_000);
      }
      const type = await page.evaluate<number>('parseFloat(getComputedStyle(document.body).fontSize)');
      expect(type).toBeGreaterThanOrEqual(width > 2000 ? width * 0.009 : 15);
    }
  }, 30_000);

  it('says since when it has lost the hub, in the time of the city, and comes back by itself', async () => {
    const { port } = new URL(hub.http);
    const zone = { timeZone: 'Asia/Tokyo', hour: '2-digit', minute: '2-digit' } as const;
    const hourBefore = new Date().toLocaleTimeString('en-GB', zone);
    await hub.kill9();
    await see('#banner', /Lost the hub since \d\d:\d\d:\d\d/);
    const said = /since (\d\d:\d\d)/.exec((await page.locator('#banner').textContent())!)![1];
    expect([hourBefore, new Date().toLocaleTimeString('en-GB', zone)]).toContain(said);
    hub = await start(port);
    await see('#link', 'Live', 30_000);
    await page.locator('#banner').waitFor({ state: 'hidden' });
    await publish([['d/telemetry', { pm25: 9 }]]);
    await see('#tiles button', /hills9/);
  }, 90_000);

  it('met no fault, nor anything that its policy forbids', () => {
    expect(faults).toEqual([]);
  });
});
