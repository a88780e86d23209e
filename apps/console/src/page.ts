import { NARROW, showChart, showNoChart } from './chart-view.ts';
import { byId, element, keyed, setText } from './dom.ts';
import { CityTime, unitText } from './format.ts';
import { fetchHistory, fetchLimits, fetchRejections } from './hub-api.ts';
import { showAlerts, showCounts, showDomains, showRejections } from './lists-view.ts';
import { MapView } from './map-view.ts';
import type { Feature } from './map-geometry.ts';
import type { AlertView, City, MetricView, OverviewEvent } from './overview.ts';
import { applyOverview, behind, EMPTY_CITY, firstMetric, metricKey, withRejections } from './overview.ts';

const DAY_MS = 24 * 3_600_000;
const STEP_MS = 5 * 60_000;
/** The journal ticks each second; if it does not, something is wrong with the hub's disk. */
const STILL_MS = 10_000;

/** What is shown, and what was chosen. */
export class Page {
  #city: City = EMPTY_CITY;
  #time = new CityTime('UTC');
  #version: string | undefined;
  /** From the address, so that a wall shows what it was set to show. */
  #key = decodeURIComponent(location.hash.slice(1));
  /** Until somebody chooses, the page shows what alerts are about. */
  #follows = this.#key === '';
  #limits: ReadonlyMap<string, readonly number[]> = new Map();
  #district: string | undefined;
  #charted = '';
  #atChanged = Date.now();
  readonly #map = new MapView((district) => this.#chooseDistrict(district));

  constructor() {
    byId<HTMLSelectElement>('metric').addEventListener('change', ({ target }) =>
      this.#chooseMetric((target as HTMLSelectElement).value),
    );
    byId('whole').addEventListener('click', () => this.#chooseDistrict(undefined));
    byId('first').textContent = firstReading(location);
    NARROW.addEventListener('change', () => {
      this.#charted = '';
      void this.#chart();
    });
  }

  drawMap(features: readonly Feature[]): void {
    this.#map.draw(features);
    this.#render();
  }

  hello({ timeZone, version }: { readonly timeZone: string; readonly version: string }): void {
    // Another hub brings another page.
    if (this.#version !== undefined && this.#version !== version) location.reload();
    this.#version = version;
    this.#time = new CityTime(timeZone);
    void fetchLimits().then((limits) => {
      this.#limits = limits;
      if (this.#follows) this.#key = '';
      this.#render();
      void this.#chart();
    }, this.#complain);
    void fetchRejections().then((kept) => {
      this.#city = { ...this.#city, rejections: withRejections(this.#city.rejections, kept) };
      showRejections(this.#city, this.#time);
    }, this.#complain);
  }

  overview(event: OverviewEvent): void {
    if (event.at !== this.#city.at) this.#atChanged = Date.now();
    this.#city = applyOverview(this.#city, event);
    setText(byId('link'), 'Live');
    document.body.classList.remove('lost');
    this.#banner(this.#warning());
    this.#render();
    if (event.reset) this.#charted = '';
    void this.#chart();
  }

  lost(since: number | undefined): void {
    document.body.classList.add('lost');
    setText(byId('link'), 'Lost');
    this.#banner(
      since === undefined
        ? 'The hub does not answer. Trying again …'
        : `Lost the hub since ${this.#time.clock(since)}. What is shown is of then. Trying again …`,
    );
  }

  #warning(): string {
    const { at, complete } = this.#city;
    if (Date.now() - this.#atChanged > STILL_MS)
      return `The hub answers, but its journal stands still since ${this.#time.clock(at)}. Look at its disk and its log.`;
    return complete
      ? ''
      : 'Some of the city is left out: it is larger than this page can hold, or history does not answer just now.';
  }

  #banner(text: string): void {
    const banner = byId('banner');
    banner.hidden = text === '';
    setText(banner, text);
  }

  get #metric(): MetricView | undefined {
    return this.#city.metrics.get(this.#key);
  }

  #render(): void {
    const { metrics, at } = this.#city;
    const empty = metrics.size === 0;
    byId('empty').hidden = !empty || at === 0;
    for (const id of ['city', 'history', 'domains-section']) byId(id).hidden = empty;
    const first = firstMetric(this.#city, this.#limits);
    if (first !== undefined && (this.#metric === undefined || (this.#follows && this.#city.alerts.size > 0)))
      this.#key = first;
    if (at > 0) setText(byId('clock'), `${this.#time.day(at)}, ${this.#time.clock(at)} ${this.#time.zone}`);
    setText(byId('behind'), this.#lateness());
    this.#options();
    this.#map.update(this.#metric, this.#city, this.#limits.get(this.#key), this.#district);
    showCounts(this.#city);
    showAlerts(
      this.#city,
      this.#time,
      (district) => this.#map.nameOf(district),
      (alert) => this.#showAlert(alert),
    );
    showDomains(this.#city, this.#time, this.#key, (key) => this.#chooseMetric(key));
    showRejections(this.#city, this.#time);
  }

  #lateness(): string {
    const late = behind(this.#city);
    if (late === undefined) return '';
    const newest = this.#time.moment(late.newest, this.#city.at);
    return late.catchingUp ? `Catching up: readings are of ${newest}` : `No reading since ${newest}`;
  }

  #options(): void {
    const select = byId<HTMLSelectElement>('metric');
    const metrics = [...this.#city.metrics.values()].sort((a, b) => (metricKey(a) < metricKey(b) ? -1 : 1));
    keyed(
      select,
      metrics,
      metricKey,
      (metric) => element('option', { value: metricKey(metric) }),
      (node, { domain, metric, unit }) =>
        setText(node, `${domain} · ${metric}${unitText(unit) && ` (${unitText(unit)})`}`),
    );
    if (select.value !== this.#key) select.value = this.#key;
  }

  #chooseMetric(key: string): void {
    this.#key = key;
    this.#follows = false;
    history.replaceState(null, '', `#${encodeURIComponent(key)}`);
    this.#render();
    void this.#chart();
    this.#reveal();
  }

  /** What the alert is about, where it is. On a phone the page stays at its evidence. */
  #showAlert({ evidence: { domain }, metric, district }: AlertView): void {
    const key = metricKey({ domain, metric });
    if (!this.#city.metrics.has(key)) return;
    this.#key = key;
    this.#follows = false;
    this.#district = district ?? undefined;
    this.#render();
    void this.#chart();
  }

  #chooseDistrict(district: string | undefined): void {
    this.#district = district === this.#district ? undefined : district;
    this.#charted = '';
    this.#render();
    void this.#chart();
    this.#reveal();
  }

  /** On a phone the chart is below what was touched. */
  #reveal(): void {
    if (!NARROW.matches) return;
    const calm = matchMedia('(prefers-reduced-motion: reduce)').matches;
    byId('history').scrollIntoView({ behavior: calm ? 'auto' : 'smooth', block: 'nearest' });
  }

  /** The last day of the chosen metric, up to its newest reading or now; asked again each few minutes and on a change. */
  async #chart(): Promise<void> {
    const metric = this.#metric;
    if (metric === undefined) return;
    const to = Math.ceil(Math.max(metric.latest, this.#city.at) / STEP_MS) * STEP_MS;
    const wanted = `${this.#key} ${this.#district} ${to}`;
    if (this.#charted === wanted) return;
    this.#charted = wanted;
    const { domain, metric: name, unit } = metric;
    const place = this.#district === undefined ? '' : ` in ${this.#map.nameOf(this.#district)}`;
    const title = `${domain} · ${name}${place}, last 24 hours`;
    byId('whole').hidden = this.#district === undefined;
    try {
      const range = { from: to - DAY_MS, to, stepMs: STEP_MS };
      const [series, limits] = await Promise.all([fetchHistory(domain, name, range.from, to), fetchLimits()]);
      this.#limits = limits;
      if (this.#charted !== wanted) return;
      const lines = series.map(({ labels, time, values }) => ({
        name: this.#map.nameOf(labels['district'] ?? 'unknown'),
        time,
        value: values['mean']!,
      }));
      const thresholds = limits.get(metricKey(metric)) ?? [];
      const chosen = this.#district === undefined ? undefined : this.#map.nameOf(this.#district);
      if (lines.length === 0) showNoChart(title, 'No readings in this time.');
      else showChart({ title, unit, lines, chosen, thresholds, ...range }, this.#time);
    } catch (error) {
      this.#charted = '';
      showNoChart(title, `Its history can't be had: ${(error as Error).message}`);
    }
  }

  #complain = (error: unknown): void => console.error('Seawall:', error);
}

function firstReading({ hostname, origin }: Location): string {
  const reading = `'{"pm25": 12.1}'`;
  return [
    `mosquitto_pub -h ${hostname} -p 1883 -q 1 -t city/environment/demo-1/telemetry -m ${reading}`,
    `curl "${origin}/api/v1/telemetry?domain=environment&device=demo-1" -d ${reading}`,
  ].join('\n');
}
