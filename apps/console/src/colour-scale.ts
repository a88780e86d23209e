/** Dark to light as cividis is, which people with any kind of colour vision read alike. */
const COLOURS = ['#00224e', '#2a3f6d', '#575d6d', '#7d7c78', '#a59c74', '#d2c060', '#fee838'] as const;

export interface ColourScale {
  /** Bounds between neighbouring colours, ascending; one fewer than there are colours. */
  readonly bounds: readonly number[];
  readonly colours: readonly string[];
}

/**
 * Even classes with round bounds over the values; a single class where all are equal.
 * @param limits of rules: the scale reaches as far, so that a quiet day does not look like an alarm
 */
export function colourScale(values: readonly number[], limits: readonly number[] = []): ColourScale {
  if (values.length === 0) return { bounds: [], colours: [] };
  const min = Math.min(...values, ...limits);
  const max = Math.max(...values, ...limits);
  if (!(max > min)) return { bounds: [], colours: [COLOURS[3]] };
  let bounds = boundsBetween(min, max, roundStep((max - min) / COLOURS.length));
  // Ends that fall within a class make one class too many.
  if (bounds.length >= COLOURS.length) bounds = bounds.filter((_, i) => i % 2 === 1);
  const classes = bounds.length + 1;
  return { bounds, colours: Array.from({ length: classes }, (_, i) => pick(i, classes)) };
}

export function colourOf({ bounds, colours }: ColourScale, value: number): string | undefined {
  return colours[bounds.filter((bound) => value >= bound).length];
}

/** Black or white, whichever stands out more (relative luminance of WCAG 2). */
export function textOn(colour: string): string {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const part = parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  const luminance = 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
  return luminance > 0.179 ? '#000' : '#fff';
}

/** 1, 2 or 5 times a power of ten, and not below `step`. */
export function roundStep(step: number): number {
  const power = 10 ** Math.floor(Math.log10(step));
  const factor = [1, 2, 5, 10].find((candidate) => candidate * power >= step * (1 - 1e-9))!;
  return factor * power;
}

function boundsBetween(min: number, max: number, step: number): number[] {
  const first = Math.floor(min / step) + 1;
  const length = Math.max(0, Math.floor(max / step + 1e-9) - first + 1);
  return Array.from({ length }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

function pick(i: number, classes: number): string {
  return COLOURS[classes === 1 ? 3 : Math.round((i * (COLOURS.length - 1)) / (classes - 1))]!;
}
