import type { Alert } from '@seawall/model';
import { listAll } from '../support/http.ts';
import { waitUntil } from '../support/wait-until.ts';
import type { Check } from './check-readings.ts';
import type { Episode } from './reference-episodes.ts';

/** The episodes that a rule's alerts tell of. A pending alert has not fired and is none. */
export async function foundEpisodes(http: string, rule: string): Promise<Episode[]> {
  const alerts = await listAll<Alert>(http, `/api/v1/alerts?rule=${rule}`);
  return alerts
    .filter(({ state }) => state !== 'pending')
    .map(({ labels, startsAt, endsAt }) => ({
      device: labels.device!,
      startsAt: Date.parse(startsAt),
      endsAt: endsAt === null ? null : Date.parse(endsAt),
    }));
}

/** The exact set of episodes, each with its device, start and end. */
export async function checkEpisodes(
  http: string,
  rule: string,
  name: string,
  expected: readonly Episode[],
): Promise<Check> {
  const told = (episodes: readonly Episode[]) => episodes.map(sentence).sort();
  const wanted = told(expected);
  let found: string[] = [];
  await waitUntil(
    'the engine has caught up',
    async () => (found = told(await foundEpisodes(http, rule))).join() === wanted.join(),
    60_000,
    500,
  ).catch(
    () => undefined, // the difference is told below
  );
  const mismatches = [
    ...found.filter((one) => !wanted.includes(one)).map((one) => `found, but should not be: ${one}`),
    ...wanted.filter((one) => !found.includes(one)).map((one) => `not found: ${one}`),
  ];
  return { name, compared: wanted.length, mismatches: mismatches.slice(0, 20) };
}

function sentence({ device, startsAt, endsAt }: Episode): string {
  const end = endsAt === null ? 'and on' : new Date(endsAt).toISOString();
  return `${device} from ${new Date(startsAt).toISOString()} to ${end}`;
}
