import type { DeviceDescription } from '@seawall/model';
import type { ExportedDevice } from './export-manifest.ts';
import type { PatientAsker } from './patient-asker.ts';

const PAGE = 1000;

interface DevicePage {
  readonly items: readonly {
    readonly id: string;
    readonly domains: readonly string[];
    readonly description: DeviceDescription;
  }[];
  readonly next: string | null;
}

/** Every device that a hub knows, page by page. */
export async function* hubDevices(asker: PatientAsker): AsyncGenerator<ExportedDevice, void, void> {
  let cursor: string | null = null;
  do {
    const after: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const page: DevicePage = await asker.get<DevicePage>(`/api/v1/devices?limit=${PAGE}${after}`);
    for (const { id, domains, description } of page.items) yield { id, domains, description };
    cursor = page.next;
  } while (cursor !== null);
}
