import progress from 'cli-progress';

const { Format, Presets, SingleBar } = progress;

const WHOLE = 1000;

/** A bar on standard error; where that is no terminal there is none, and lines are said all the same. */
export interface ProgressBar {
  /** @param count what the bar's {value} shows @param fraction done, 0…1 */
  update(count: number, fraction: number, more?: Readonly<Record<string, string>>): void;
  /** A line above the bar. */
  say(line: string): void;
  stop(): void;
}

/** @param format with {bar}, {percentage}, {value} and the names given to `update` */
export function progressBar(format: string): ProgressBar {
  const bar = new SingleBar(
    {
      format: (options, { progress }, payload: Record<string, string>) =>
        format
          .replace('{bar}', Format.BarFormat(progress, options))
          .replace('{percentage}', String(Math.floor(progress * 100)))
          .replace(/\{(\w+)\}/g, (_, name: string) => payload[name] ?? ''),
      stream: process.stderr,
      noTTYOutput: false,
      hideCursor: true,
      fps: 5,
    },
    Presets.shades_classic,
  );
  bar.start(WHOLE, 0, { value: '0' });
  return {
    update: (count, fraction, more = {}) => bar.update(Math.floor(fraction * WHOLE), { ...more, value: String(count) }),
    say: (line) => process.stderr.write(process.stderr.isTTY ? `\r\u001b[K${line}\n` : `${line}\n`),
    stop: () => bar.stop(),
  };
}
