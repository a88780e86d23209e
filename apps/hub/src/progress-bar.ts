import progress from 'cli-progress';

const { Format, Presets, SingleBar } = progress;

const WHOLE = 1000;
const BAR = '{bar}';
const LONGEST_BAR = 40;
const SHORTEST_BAR = 8;
const WRAP = '\u001b[?7h';
const CUT = '\u001b[?7l';
const SAVE_CURSOR = '\u001b7';

/** Where a bar is shown. */
export type BarStream = NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };

/** A bar on standard error; where that is no terminal there is none, and lines are said all the same. */
export interface ProgressBar {
  /** @param count what the bar's {value} shows @param fraction done, 0…1 */
  update(count: number, fraction: number, more?: Readonly<Record<string, string>>): void;
  /** A line above the bar. */
  say(line: string): void;
  stop(): void;
}

/** @param format with {bar}, {percentage}, {value} and the names given to `update` */
export function progressBar(format: string, stream: BarStream = process.stderr): ProgressBar {
  const bar = new SingleBar(
    {
      format: (options, { progress }, payload: Record<string, string>) => {
        const values: Record<string, string> = { ...payload, percentage: String(Math.floor(progress * 100)) };
        const text = format.replace(/\{(\w+)\}/g, (name) => (name === BAR ? name : (values[name.slice(1, -1)] ?? '')));
        const room = (stream.columns ?? 80) - (text.length - BAR.length) - 1;
        const barsize = Math.min(LONGEST_BAR, Math.max(SHORTEST_BAR, room));
        return text.replace(BAR, Format.BarFormat(progress, { ...options, barsize }));
      },
      stream,
      noTTYOutput: false,
      hideCursor: true,
      fps: 5,
    },
    Presets.shades_classic,
  );
  bar.start(WHOLE, 0, { value: '0' });
  return {
    update: (count, fraction, more = {}) => bar.update(Math.floor(fraction * WHOLE), { ...more, value: String(count) }),
    // The bar cuts what is too long for the terminal, and goes back in the end to where it began: neither is for lines.
    say: (line) => stream.write(stream.isTTY ? `\r\u001b[K${WRAP}${line}\n${SAVE_CURSOR}${CUT}` : `${line}\n`),
    stop: () => bar.stop(),
  };
}
