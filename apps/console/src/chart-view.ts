import type { Chart, ChartLine } from './chart-geometry.ts';
import { chartOf, timeAt, valueAt } from './chart-geometry.ts';
import { byId, element, setText, svg } from './dom.ts';
import type { CityTime } from './format.ts';
import { numberText, unitText } from './format.ts';

export interface ChartContent {
  readonly title: string;
  readonly unit: string | null;
  readonly lines: readonly ChartLine[];
  /** The line in front; the others are faint. */
  readonly chosen: string | undefined;
  readonly from: number;
  readonly to: number;
  readonly stepMs: number;
  readonly thresholds: readonly number[];
}

/** The chart is then below the map, and higher. */
export const NARROW = matchMedia('(max-width: 899px)');

/** Told apart by people of any colour vision (Okabe and Ito), in light and dark; further ones repeat. */
const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#8d6cab', '#8a8a8a'];

export function showNoChart(title: string, text: string): void {
  setText(byId('history-title'), title);
  byId('chart').replaceChildren(element('p', { class: 'none' }, text));
}

/** Lines with axes and thresholds; pointing at a time, or the arrow keys, tell its values. */
export function showChart(content: ChartContent, time: CityTime): void {
  setText(byId('history-title'), content.title);
  const chart = chartOf(content.lines, content, content.thresholds, NARROW.matches ? 480 : 320);
  const cursor = svg('line', { class: 'cursor', y1: chart.top, y2: chart.bottom, visibility: 'hidden' });
  const keys = element('div', { class: 'keys' });
  const drawing = svg(
    'svg',
    { viewBox: `0 0 ${chart.width} ${chart.height}`, tabindex: 0, role: 'img', 'aria-label': content.title },
    ...axes(chart, time),
    ...chart.thresholds.map(({ y }) =>
      svg('line', { class: 'threshold', x1: chart.left, x2: chart.right, y1: y, y2: y }),
    ),
    ...linesOf(chart, content),
    cursor,
  );
  const tell = (at: number): void => {
    const x = chart.left + ((at - chart.from) / (chart.to - chart.from)) * (chart.right - chart.left);
    for (const end of ['x1', 'x2']) cursor.setAttribute(end, x.toFixed(1));
    cursor.setAttribute('visibility', 'visible');
    fillKeys(keys, content, at, time);
  };
  followPointer(drawing, chart, content.stepMs, tell);
  fillKeys(keys, content, undefined, time);
  byId('chart').replaceChildren(drawing, keys);
}

function axes({ left, right, bottom, yTicks, xTicks }: Chart, time: CityTime): SVGElement[] {
  return [
    ...yTicks.flatMap(({ value, y }) => [
      svg('line', { class: 'grid', x1: left, x2: right, y1: y, y2: y }),
      svg('text', { x: left - 10, y: y + 8, 'text-anchor': 'end' }, numberText(value)),
    ]),
    ...xTicks.map(({ time: at, x }) => svg('text', { x, y: bottom + 34, 'text-anchor': 'middle' }, time.minute(at))),
  ];
}

function linesOf({ lines }: Chart, { chosen }: ChartContent): SVGElement[] {
  return lines.flatMap(({ name, pieces }, i) =>
    pieces.map((points) =>
      svg('polyline', {
        points,
        stroke: colourAt(i),
        'stroke-linecap': 'round',
        ...(chosen !== undefined && chosen !== name && { class: 'faint' }),
      }),
    ),
  );
}

function followPointer(drawing: SVGSVGElement, chart: Chart, stepMs: number, tell: (at: number) => void): void {
  let at = chart.to;
  drawing.addEventListener('pointermove', ({ clientX }) => {
    const { left, width } = drawing.getBoundingClientRect();
    tell((at = timeAt(chart, ((clientX - left) / width) * chart.width)));
  });
  drawing.addEventListener('keydown', ({ key }) => {
    const step = key === 'ArrowLeft' ? -stepMs : key === 'ArrowRight' ? stepMs : 0;
    if (step !== 0) tell((at = Math.min(chart.to, Math.max(chart.from, at + step))));
  });
}

/** Each line's name with its value at a time, or its last. */
function fillKeys(
  keys: HTMLElement,
  { lines, unit, chosen, stepMs }: ChartContent,
  at: number | undefined,
  time: CityTime,
): void {
  const shown = lines
    .map((line, i) => ({ line, colour: colourAt(i) }))
    .filter(({ line }) => (chosen ?? line.name) === line.name);
  const nodes = shown.map(({ line, colour }) => {
    const value = at === undefined ? line.value.at(-1) : valueAt(line, at, stepMs);
    const mark = element('i');
    mark.style.backgroundColor = colour;
    return element('span', {}, mark, `${line.name} ${value === undefined ? '–' : numberText(value)} ${unitText(unit)}`);
  });
  keys.replaceChildren(element('strong', {}, at === undefined ? 'latest' : time.minute(at)), ...nodes);
}

function colourAt(i: number): string {
  return COLOURS[i % COLOURS.length]!;
}
