import type { DeviceChange } from '@seawall/ports';
import { descriptionBytes, jsonBytes } from './description-bytes.ts';

/** Its names and numbers, and the object itself. */
const OVERHEAD = 512;

/** What a change holds until it is stored: a few bytes sent may bring a whole description and a whole history along. */
export function changeBytes({ description, labelSpans, metrics }: DeviceChange): number {
  let bytes = OVERHEAD;
  if (description !== undefined) bytes += descriptionBytes(description);
  if (labelSpans !== undefined) bytes += jsonBytes(labelSpans);
  if (metrics !== undefined) bytes += jsonBytes(metrics);
  return bytes;
}
