import type { Where } from '@seawall/model';
import type { PatientAsker } from './patient-asker.ts';

const PAGE = 1000;

interface SeriesPage {
  readonly items: readonly { readonly metric: string }[];
  readonly next: string | null;
}

/**
 * The names of all metrics of some domains and devices, sorted. Other labels are not looked at: a series may have had
 * them once and no longer.
 */
export async function metricsOfHub(asker: PatientAsker, { domain = [], device = [] }: Where): Promise<string[]> {
  const filter = new URLSearchParams({ limit: String(PAGE) });
  for (const pattern of domain) filter.append('domain', pattern);
  for (const pattern of device) filter.append('device', pattern);
  const metrics = new Set<string>();
  for (let next: string | null = ''; next !== null;) {
    if (next !== '') filter.set('cursor', next);
    const page: SeriesPage = await asker.get<SeriesPage>(`/api/v1/series?${filter.toString()}`);
    for (const { metric } of page.items) metrics.add(metric);
    next = page.next;
  }
  return [...metrics].sort();
}
