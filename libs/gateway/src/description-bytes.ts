import type { DeviceDescription } from '@seawall/model';

/** Below this the bytes are as soon counted anew as remembered. */
const MIN_REMEMBERED = 4096;

/** Of large metrics alone, so that a city of ordinary devices has nothing in it. */
const ofMetrics = new WeakMap<object, number>();

/** A description's size as JSON. Metrics may be most of it, and stay the same object while they don't change. */
export function descriptionBytes({ metrics, ...rest }: DeviceDescription): number {
  if (metrics === undefined) return jsonBytes(rest);
  let bytes = ofMetrics.get(metrics);
  if (bytes === undefined) {
    bytes = jsonBytes({ metrics });
    if (bytes >= MIN_REMEMBERED) ofMetrics.set(metrics, bytes);
  }
  return jsonBytes(rest) + bytes;
}

export function jsonBytes(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}
