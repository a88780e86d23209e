/**
 * What a load consists of. Every message is a function of its connection and its number, so that whoever checks needs
 * only to be told which numbers were acknowledged.
 */
export interface LoadPlan {
  /** Part of each device's id, so that two runs on one hub do not mix. */
  readonly run: string;
  readonly domain: string;
  readonly connections: number;
  readonly devicesPerConnection: number;
  readonly metrics: readonly string[];
  /** Event time of each device's first message, whole epoch ms. */
  readonly baseTime: number;
  /** Between two messages of one device, in event time. */
  readonly stepMs: number;
  /** Whether a connection's devices take turns within a step, as in a city, instead of all speaking of one moment. */
  readonly staggered?: boolean;
}

const POOL = 1024;

/** One wave up and down with some noise: always six characters, "100.00" to "999.99", as a JSON number must begin above 0. */
export const VALUE_TEXTS: readonly string[] = makeValueTexts();
const VALUES: readonly number[] = VALUE_TEXTS.map(Number);

export function deviceId(plan: LoadPlan, connection: number, device: number): string {
  return `${plan.run}-${pad(connection)}-${pad(device)}`;
}

/** Messages go round the connection's devices. */
export function deviceOf(plan: LoadPlan, message: number): number {
  return message % plan.devicesPerConnection;
}

/** Epoch ms; no two messages of a device share one. */
export function eventTimeOf(plan: LoadPlan, message: number): number {
  const { baseTime, devicesPerConnection, stepMs, staggered } = plan;
  const round = baseTime + Math.floor(message / devicesPerConnection) * stepMs;
  return staggered ? round + Math.floor((deviceOf(plan, message) * stepMs) / devicesPerConnection) : round;
}

/** Where in `VALUE_TEXTS` a message's value of a metric stands. */
export function valueIndexOf(plan: LoadPlan, connection: number, message: number, metric: number): number {
  return (Math.floor(message / plan.devicesPerConnection) + connection * 37 + metric * 211) & (POOL - 1);
}

export function valueOf(plan: LoadPlan, connection: number, message: number, metric: number): number {
  return VALUES[valueIndexOf(plan, connection, message, metric)]!;
}

const pad = (n: number) => String(n).padStart(4, '0');

function makeValueTexts(): string[] {
  let noise = 12345;
  return Array.from({ length: POOL }, (_, i) => {
    noise = (Math.imul(noise, 1103515245) + 12345) & 0x7fffffff;
    const wave = i < POOL / 2 ? i : POOL - 1 - i;
    const hundredths = 10_000 + Math.floor((wave / (POOL / 2)) * 85_000) + (noise % 4_999);
    return (hundredths / 100).toFixed(2);
  });
}
