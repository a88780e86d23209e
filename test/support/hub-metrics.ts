import { waitUntil } from './wait-until.ts';

/** Samples by their line's beginning, as `/metrics` writes them: `seawall_role_seq{role="engine"}`. */
export type HubMetrics = ReadonlyMap<string, number>;

export async function hubMetrics(http: string): Promise<HubMetrics> {
  const response = await fetch(new URL('/metrics', http));
  if (!response.ok) throw new Error(`/metrics answered ${response.status}.`);
  const lines = (await response.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => {
      const space = line.lastIndexOf(' ');
      return [line.slice(0, space), Number(line.slice(space + 1))] as const;
    }),
  );
}

/** @throws Error if the hub does not tell it */
export function metric(metrics: HubMetrics, name: string): number {
  const value = metrics.get(name);
  if (value === undefined) throw new Error(`/metrics does not tell ${name}.`);
  return value;
}

/** Resolves when these roles, one after the other, are past what the log held when their turn came. */
export async function pastTheLog(http: string, roles: readonly string[], timeoutMs = 30_000): Promise<void> {
  for (const role of roles) {
    const end = metric(await hubMetrics(http), 'seawall_journal_last_seq');
    const past = async () => metric(await hubMetrics(http), `seawall_role_seq{role="${role}"}`) >= end;
    await waitUntil(`the ${role} is past entry ${end}`, past, timeoutMs, 50);
  }
}
