import { beforeEach, describe, expect, it } from '@jest/globals';
import type { Area } from '@seawall/model';
import type { DeviceChange, JournalEntry } from '../journal-entry.ts';
import type { Registry } from '../registry.ts';
import type { Page } from '../series-store.ts';

interface Access {
  readonly registry: () => Registry;
  readonly apply: (...entries: JournalEntry[]) => Promise<void>;
  readonly device: (id: string, change?: Partial<DeviceChange>) => JournalEntry;
  readonly everyPage: <T>(ask: (after: { after?: string }) => Promise<Page<T>>) => Promise<(readonly T[])[]>;
}

/** How every registry finds devices by where they are. */
export function placeContract({ registry, apply, device, everyPage }: Access): void {
  describe('by their place', () => {
    const placed = (id: string, lat: number, lon: number) => device(id, { description: { location: { lat, lon } } });
    const box = (west: number, south: number, east: number, north: number): Area => ({ kind: 'box', west, south, east, north }); // prettier-ignore
    const circle = (lat: number, lon: number, radiusM: number): Area => ({ kind: 'circle', lat, lon, radiusM });
    beforeEach(() =>
      apply(
        placed('centre', 22.25, 113.55),
        placed('corner', 22.3, 113.6),
        placed('far', 23, 114),
        placed('fiji-w', -17, 179.5),
        placed('fiji-e', -17, -179.5),
        device('nowhere'),
      ),
    );

    it.each<[string, Area, string[]]>([
      ['a box, its edges included', box(113.5, 22.2, 113.6, 22.3), ['centre', 'corner']],
      ['a box across the antimeridian', box(179, -18, -179, -16), ['fiji-e', 'fiji-w']],
      ['the whole earth', box(-180, -90, 180, 90), ['centre', 'corner', 'far', 'fiji-e', 'fiji-w']],
      ['a circle', circle(22.25, 113.55, 7_500), ['centre']],
      // 5.56 km north and 5.14 km east: 7.58 km, but inside the box around the circle before.
      ['a larger circle', circle(22.25, 113.55, 7_600), ['centre', 'corner']],
      ['a circle across the antimeridian', circle(-17, 180, 60_000), ['fiji-e', 'fiji-w']],
      ['an empty place', circle(0, 0, 1000), []],
    ])('finds those in %s', async (_, area, expected) => {
      expect([...(await registry().devicesWithin(area))].sort()).toEqual(expected);
      const pages = await everyPage((after) => registry().devices({ area }, { limit: 1, ...after }));
      expect(pages.flat().map(({ id }) => id)).toEqual(expected);
    });

    it('follows a device that moves, and one that loses its place', async () => {
      await apply(placed('far', 22.25, 113.55), device('centre', { description: {} }));
      expect([...(await registry().devicesWithin(box(113.5, 22.2, 113.6, 22.3)))].sort()).toEqual(['corner', 'far']);
    });

    it('lists them beside the other filters', async () => {
      await apply(device('corner', { domain: 'x' }));
      const area = box(113.5, 22.2, 113.6, 22.3);
      const found = await registry().devices({ area, domain: 'x', search: 'cor' }, { limit: 9 });
      expect(found.items.map(({ id }) => id)).toEqual(['corner']);
    });
  });
}
