import type { ColourScale } from './colour-scale.ts';
import { colourOf, colourScale, textOn } from './colour-scale.ts';
import { byId, element, keyed, setText, svg } from './dom.ts';
import { numberText, roughly, unitText, valueText } from './format.ts';
import type { Area, CityMap, Feature } from './map-geometry.ts';
import { cityMap } from './map-geometry.ts';
import type { MetricView } from './overview.ts';

/** Older than this is said beside the value. */
const STALE_MS = 15 * 60_000;
const NONE = 'var(--none)';

interface Shown {
  readonly district: string;
  readonly name: string;
  readonly value: string;
  readonly colour: string | undefined;
  readonly age: string;
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

  update(metric: MetricView | undefined, at: number, chosen: string | undefined): void {
    const scale = colourScale(metric?.districts.mean ?? []);
    const shown = new Map(
      (metric?.districts.district ?? []).map((district, i) => [district, this.#shown(metric!, i, scale, at)]),
    );
    for (const [district, { area, node, label }] of this.#areas) {
      fillArea(node, label, shown.get(district) ?? nothing(area), district === chosen);
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

  #shown(metric: MetricView, i: number, scale: ColourScale, at: number): Shown {
    const { district, count, mean, min, max, latest } = metric.districts;
    const id = district[i]!;
    const [name, age] = [this.nameOf(id), at - latest[i]!];
    const unit = unitText(metric.unit);
    const range = `mean of ${count[i] === 1 ? 'one device' : `${count[i]} devices`}, from ${numberText(min[i]!)} to ${numberText(max[i]!)}`;
    const old = age > STALE_MS ? `${roughly(age)} old` : '';
    return {
      district: id,
      name,
      value: valueText(mean[i]!, null, metric.states),
      colour: colourOf(scale, mean[i]!),
      age: old,
      spoken: `${name}: ${numberText(mean[i]!)} ${unit}, ${range}${old && `, ${old}`}. Show its history.`,
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

function nothing({ district, name }: Area): Shown {
  return { district, name, value: '–', colour: undefined, age: '', spoken: `${name}: no readings.` };
}

function labelNode({ centre: [x, y] }: Area): SVGGElement {
  return svg(
    'g',
    { class: 'label', 'aria-hidden': 'true' },
    svg('text', { x, y, dy: '-1em' }),
    svg('text', { class: 'value', x, y, dy: '0.4em' }),
    svg('text', { class: 'age', x, y, dy: '2.1em' }),
  );
}

function fillArea(node: SVGGElement, label: SVGGElement, shown: Shown, chosen: boolean): void {
  const { name, value, colour, age, spoken } = shown;
  const [title, path] = [...node.children] as [Element, SVGElement];
  const [nameNode, valueNode, ageNode] = [...label.children] as [Element, Element, Element];
  setText(title, spoken);
  node.setAttribute('aria-label', spoken);
  node.setAttribute('aria-pressed', String(chosen));
  node.classList.toggle('chosen', chosen);
  path.style.fill = colour ?? NONE;
  label.style.fill = colour === undefined ? 'var(--text)' : textOn(colour);
  setText(nameNode, name);
  setText(valueNode, value);
  setText(ageNode, age);
}

function fillTile(node: HTMLElement, { name, value, colour, age, spoken }: Shown, chosen: boolean): void {
  const [nameNode, valueNode, ageNode] = [...node.children] as [Element, Element, Element];
  node.setAttribute('aria-label', spoken);
  node.setAttribute('aria-pressed', String(chosen));
  node.classList.toggle('chosen', chosen);
  node.style.backgroundColor = colour ?? NONE;
  node.style.color = colour === undefined ? 'var(--text)' : textOn(colour);
  setText(nameNode, name);
  setText(valueNode, value);
  setText(ageNode, age);
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
