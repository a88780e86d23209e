import type { SimulatedDevice } from './device-kind.ts';

/** What a scenario's file names devices by: keys are AND, values OR; `device` is a key beside the labels. */
export interface NamedDevices {
  readonly domain?: string;
  readonly where?: Readonly<Record<string, readonly string[]>>;
}

/** @returns whether the device is one of those named; without a domain, of any */
export function isConcerned({ domain, where = {} }: NamedDevices, { id, kind, description }: SimulatedDevice): boolean {
  if (domain !== undefined && domain !== kind.domain) return false;
  const { type, district, site } = description;
  const labels: Readonly<Record<string, string | undefined>> = { device: id, type, district, site };
  return Object.entries(where).every(([label, values]) => values.includes(labels[label] ?? ''));
}
