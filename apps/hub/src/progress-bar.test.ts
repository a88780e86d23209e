import { describe, expect, it } from '@jest/globals';
import { Writable } from 'node:stream';
import { progressBar } from './progress-bar.ts';

/** A terminal that keeps what is written to it. */
function terminal(columns: number, isTTY = true) {
  let written = '';
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      written += chunk.toString();
      done();
    },
  });
  return { stream: Object.assign(stream, { columns, isTTY }), written: () => written };
}

const FORMAT = '{eventTime} {bar} {percentage}% {value} messages acknowledged';
const CUT = '\u001b[?7l';
const WRAP = '\u001b[?7h';

describe('the progress bar', () => {
  it('fits its line into a narrow terminal, and does not grow beyond bounds in a wide one', () => {
    for (const [columns, bar] of [
      [60, 8],
      [70, 18],
      [200, 40],
    ] as const) {
      const { stream, written } = terminal(columns);
      const shown = progressBar(FORMAT, stream);
      shown.update(117_683, 0.5, { eventTime: '2026-11-23 03:02Z' });
      shown.stop();
      const last = written().split('2026-11-23 03:02Z ').at(-1)!;
      expect([columns, /^[█░]+/.exec(last)![0].length]).toEqual([columns, bar]);
      expect(last).toContain(' 50% 117683 messages acknowledged');
    }
  });

  it('cuts no line that is said, and leaves what was said where it is', () => {
    const { stream, written } = terminal(20);
    const bar = progressBar(FORMAT, stream);
    bar.say('the first line, longer than the terminal is wide');
    bar.say('the second');
    bar.stop();
    for (const line of ['the first line, longer than the terminal is wide', 'the second']) {
      const before = written().slice(0, written().indexOf(line));
      expect(before.lastIndexOf(WRAP)).toBeGreaterThan(before.lastIndexOf(CUT));
    }
    // The end goes back to the place saved last, which must be below the last line that was said.
    expect(written().lastIndexOf('\u001b7')).toBeGreaterThan(written().indexOf('the second'));
    expect(written().lastIndexOf('\u001b8')).toBeGreaterThan(written().lastIndexOf('\u001b7'));
  });

  it('shows no bar where there is no terminal, but says every line', () => {
    const { stream, written } = terminal(80, false);
    const bar = progressBar(FORMAT, stream);
    bar.update(1, 0.5);
    bar.say('a line');
    bar.stop();
    expect(written()).toBe('a line\n');
  });
});
