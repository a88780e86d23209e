/** The data of a `readings` event: columns, as docs/http.md says. */
export interface ReadingsEvent {
  /** Of the journal entry, epoch ms. */
  readonly stamp: number;
  readonly series: readonly { readonly domain: string; readonly device: string; readonly metric: string }[];
  readonly seriesIndex: readonly number[];
  readonly time: readonly number[];
  readonly value: readonly number[];
  /** Places of the readings outside the range of their metric. */
  readonly outOfRange?: readonly number[];
}

/** Readings of one device at one event time: mostly a message. */
export interface DeviceMoment {
  readonly stamp: number;
  readonly domain: string;
  readonly device: string;
  /** Epoch ms. */
  readonly eventTime: number;
  readonly values: readonly { readonly metric: string; readonly value: number; readonly outOfRange: boolean }[];
}

/** In the order of acceptance; neighbours of one device and event time stand together. */
export function momentsOf(event: ReadingsEvent): readonly DeviceMoment[] {
  const flagged = new Set(event.outOfRange);
  const moments: (Omit<DeviceMoment, 'values'> & { values: DeviceMoment['values'][number][] })[] = [];
  for (let i = 0; i < event.seriesIndex.length; i++) {
    const { domain, device, metric } = event.series[event.seriesIndex[i]!]!;
    const eventTime = event.time[i]!;
    const reading = { metric, value: event.value[i]!, outOfRange: flagged.has(i) };
    const last = moments.at(-1);
    if (last?.domain === domain && last.device === device && last.eventTime === eventTime) last.values.push(reading);
    else moments.push({ stamp: event.stamp, domain, device, eventTime, values: [reading] });
  }
  return moments;
}
