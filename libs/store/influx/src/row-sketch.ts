import { SKETCH_KEY_SHIFT, SKETCH_LOG_BASE, SKETCH_LOG_MIDDLE, SKETCH_SMALLEST } from '@seawall/model';

/** How many readings lie in each bucket of a sketch, by the bucket's key. */
export type RowSketch = Map<number, number>;

export function sketchKey(value: number): number {
  if (Math.abs(value) < SKETCH_SMALLEST) return 0;
  const size = Math.ceil(Math.log(Math.abs(value)) / SKETCH_LOG_BASE) + SKETCH_KEY_SHIFT;
  return value < 0 ? -size : size;
}

/** The value that stands for a bucket. */
export function sketchValue(key: number): number {
  if (key === 0) return 0;
  const size = Math.exp((Math.abs(key) - SKETCH_KEY_SHIFT) * SKETCH_LOG_BASE + SKETCH_LOG_MIDDLE);
  return key < 0 ? -size : size;
}

/** What stands for the text of a sketch that is too long to be kept: nothing tells percentiles then. */
export const NO_SKETCH = '';

/** `key:count`, the keys in order and each as the difference from the one before: "36010:2 1:5". */
export function sketchText(sketch: RowSketch): string {
  let before = 0;
  return [...sketch]
    .sort(([a], [b]) => a - b)
    .map(([key, count]) => {
      const text = count === 1 ? `${key - before}` : `${key - before}:${count}`;
      before = key;
      return text;
    })
    .join(' ');
}

/** @returns key and count of each bucket */
export function readSketch(text: string): readonly (readonly [number, number])[] {
  let key = 0;
  return text.split(' ').map((entry) => {
    const [difference, count = '1'] = entry.split(':');
    key += Number(difference);
    return [key, Number(count)];
  });
}
