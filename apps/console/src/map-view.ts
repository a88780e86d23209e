import type { ColourScale } from './colour-scale.ts';
import { colourOf, colourScale, textOn } from './colour-scale.ts';
import { byId, element, keyed, setText, svg } from './dom.ts';
import { meanText, numberText, roughly, unitText } from './format.ts';
import type { Area, CityMap, Feature } from './map-geometry.ts';
import { cityMap } from './map-geometry.ts';
import type { AlertView, City, MetricView, Severity } from './overview.ts';
import { alertsIn, presentOf, STALE_MS } from './overview.ts';

const NONE = 'var(--none)';

interface Shown {
  readonly district: string;
  readonly name: string;
  readonly value: string;
  readonly colour: string | undefined;
  readonly age: string;
  /** The gravest of its alerts, and how many of them. */
  readonly alert: readonly [Severity, number] | undefined;
  /** For those who do not see the map. */
  readonly spoken: string;
}

interface AreaNodes {
  readonly area: Area;
  readonly node: SVGGElement;
  /** Above the lines, so that a river runs under its names. */
  readonly label: SVGGElement;
}

/** The districts: their outlines where the hub has a map, and a tile for each that is on none. */
export class MapView {
  readonly #choose: (district: string) => void;
  #map: CityMap | undefined;
  readonly #areas = new Map<string, AreaNodes>();

  constructor(choose: (district: string) => void) {
    this.#choose = choose;
  }

  draw(features: readonly Feature[]): void {
    this.#map = cityMap(features);
    this.#areas.clear();
    const parent = byId('map');
    parent.replaceChildren();
    if (this.#map === undefined) return;
    const { width, height, areas, lines } = this.#map;
    for (const area of areas)
      this.#areas.set(area.district, { area, node: this.#areaNode(area), label: labelNode(area) });
    const drawing = svg(
      'svg',
      { viewBox: `0 0 ${width} ${height.toFixed(0)}`, role: 'group', 'aria-label': 'Map of the districts' },
      ...lines.filter(({ kind }) => kind === 'coast').map((line) => svg('path', { class: 'coast', d: line.path })),
      ...[...this.#areas.values()].map(({ node }) => node),
      ...lines.filter(({ kind }) => kind !== 'coast').map((line) => svg('path', { class: 'river', d: line.path })),
      ...[...this.#areas.values()].map(({ label }) => label),
    );
    parent.append(drawing);
  }

  nameOf(district: string): string {
    return this.#areas.get(district)?.area.name ?? district;
  }

  update(
    metric: MetricView | undefined,
    city: City,
    limits: readonly number[] | undefined,
    chosen: string | undefined,
  ): void {
    const scale = colourScale(metric?.districts.mean ?? [], limits);
    const now = presentOf(city);
    const alerts = [...city.alerts.values()];
    const shown = new Map(
      (metric?.districts.district ?? []).map((district, i) => [district, this.#shown(metric!, i, scale, now, alerts)]),
    );
    for (const [district, { area, node, label }] of this.#areas) {
      fillArea(node, label, shown.get(district) ?? nothing(area, alerts), district === chosen);
    }
    const elsewhere = [...shown.values()].filter(({ district }) => !this.#areas.has(district));
    keyed(
      byId('tiles'),
      elsewhere,
      ({ district }) => district,
      this.#tile,
      (node, tile) => fillTile(node, tile, tile.district === chosen),
    );
    drawLegend(scale, metric);
  }

  #shown(metric: MetricView, i: number, scale: ColourScale, now: number, alerts: readonly AlertView[]): Shown {
    const { district, count, mean, min, max, latest } = metric.districts;
    const id = district[i]!;
    const [name, age] = [this.nameOf(id), now - latest[i]!];
    const unit = unitText(metric.unit);
    const range = `mean of ${count[i] === 1 ? 'one device' : `${count[i]} devices`}, from ${numberText(min[i]!)} to ${numberText(max[i]!)}`;
    const old = age > STALE_MS ? `${roughly(age)} old` : '';
    const alert = alertsIn(alerts, id)[0];
    const figures = { mean: mean[i]!, min: min[i]!, max: max[i]! };
    return {
      district: id,
      name,
      value: meanText(figures, null, metric.states),
      colour: colourOf(scale, mean[i]!),
      age: old,
      alert,
      spoken: `${name}: ${numberText(mean[i]!)} ${unit}, ${range}${old && `, ${old}`}${alert ? `, ${alertText(alert)}` : ''}. Show its history.`,
    };
  }

  #areaNode({ district, path }: Area): SVGGElement {
    const node = svg(
      'g',
      { class: 'district', tabindex: 0, role: 'button', 'data-district': district },
      svg('title'),
      svg('path', { d: path }),
    );
    node.addEventListener('click', () => this.#choose(district));
    node.addEventListener('keydown', (event) => {
      if (event.key !== 'Enter' && event.key !== ' ') return;
      event.preventDefault();
      this.#choose(district);
    });
    return node;
  }

  #tile = ({ district }: Shown): HTMLElement => {
    const node = element('button', { class: 'tile', 'data-district': district });
    node.append(
      element('span', { class: 'name' }),
      element('span', { class: 'value' }),
      element('span', { class: 'age' }),
    );
    node.addEventListener('click', () => this.#choose(district));
    return node;
  };
}

function nothing({ district, name }: Area, alerts: readonly AlertView[]): Shown {
  const alert = alertsIn(alerts, district)[0];
  const spoken = `${name}: no readings${alert ? `, ${alertText(alert)}` : ''}.`;
  return { district, name, value: '–', colour: undefined, age: '', alert, spoken };
}

function alertText([severity, count]: readonly [Severity, number]): string {
  return `${count} ${severity}`;
}

function labelNode({ centre: [x, y] }: Area): SVGGElement {
  return svg(
    'g',
    { class: 'label', 'aria-hidden': 'true' },
    svg('text', { x, y, dy: '-1em' }),
    svg('text', { class: 'value', x, y, dy: '0.4em' }),
    svg('text', { class: 'age', x, y, dy: '2.1em' }),
    svg('g', { class: 'mark', transform: `translate(${x} ${y})` }, svg('rect'), svg('text', { dy: '-2.25em' })),
  );
}

function fillArea(node: SVGGElement, label: SVGGElement, shown: Shown, chosen: boolean): void {
  const { name, value, colour, age, alert, spoken } = shown;
  const [title, path] = [...node.children] as [Element, SVGElement];
  const [nameNode, valueNode, ageNode, mark] = [...label.children] as [Element, Element, Element, SVGGElement];
  setText(title, spoken);
  node.setAttribute('aria-label', spoken);
  node.setAttribute('aria-pressed', String(chosen));
  node.classList.toggle('chosen', chosen);
  path.style.fill = colour ?? NONE;
  label.style.fill = colour === undefined ? 'var(--text)' : textOn(colour);
  setText(nameNode, name);
  setText(valueNode, value);
  setText(ageNode, age);
  fillMark(mark, alert);
}

/** Above the name: what the header says of the city, said of the district. */
function fillMark(mark: SVGGElement, alert: Shown['alert']): void {
  mark.style.display = alert === undefined ? 'none' : '';
  if (alert === undefined) return;
  const text = alertText(alert);
  mark.setAttribute('class', `mark ${alert[0]}`);
  setText(mark.lastElementChild!, text);
  const width = text.length * 0.6 + 0.9;
  const box = { x: `${-width / 2}em`, y: '-3.25em', width: `${width}em`, height: '1.4em', rx: '0.3em' };
  for (const [name, value] of Object.entries(box)) mark.firstElementChild!.setAttribute(name, value);
}

function fillTile(node: HTMLElement, { name, value, colour, age, alert, spoken }: Shown, chosen: boolean): void {
  const [nameNode, valueNode, ageNode] = [...node.children] as [Element, Element, Element];
  node.setAttribute('aria-label', spoken);
  node.setAttribute('aria-pressed', String(chosen));
  node.classList.toggle('chosen', chosen);
  node.style.backgroundColor = colour ?? NONE;
  node.style.color = colour === undefined ? 'var(--text)' : textOn(colour);
  setText(nameNode, name);
  setText(valueNode, value);
  setText(ageNode, [alert && alertText(alert), age].filter(Boolean).join(' · '));
}

function drawLegend({ bounds, colours }: ColourScale, metric: MetricView | undefined): void {
  const unit = unitText(metric?.unit ?? null);
  const classes = colours.map((colour, i) => ({ i, colour, text: classText(bounds[i - 1], bounds[i], unit) }));
  keyed(
    byId('legend'),
    colours.length > 1 ? classes : [],
    ({ i }) => String(i),
    () => element('span'),
    (node, { colour, text }) => {
      node.style.backgroundColor = colour;
      node.style.color = textOn(colour);
      setText(node, text);
    },
  );
}

function classText(from: number | undefined, to: number | undefined, unit: string): string {
  if (from === undefined) return `below ${numberText(to!)} ${unit}`;
  if (to === undefined) return `${numberText(from)} ${unit} and more`;
  return `${numberText(from)} to ${numberText(to)}`;
}
