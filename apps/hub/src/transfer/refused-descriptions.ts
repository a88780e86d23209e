import type { PatientAsker } from './patient-asker.ts';

const PAGE = 1000;

interface Refused {
  /** Grows with time; not the clock, which is the hub's. */
  readonly id: string;
  readonly topic: string;
  readonly reason: string;
  readonly detail: string;
}

interface RejectionPage {
  readonly items: readonly Refused[];
  readonly next: string | null;
}

/** What the hub has refused of descriptions that were sent over MQTT, which acknowledges them all the same. */
export class RefusedDescriptions {
  readonly #asker: PatientAsker;
  /** The newest rejection before any was sent. */
  readonly #before: string | undefined;

  static async open(asker: PatientAsker): Promise<RefusedDescriptions> {
    const { items } = await asker.get<RejectionPage>('/api/v1/rejections?limit=1');
    return new RefusedDescriptions(asker, items[0]?.id);
  }

  private constructor(asker: PatientAsker, before: string | undefined) {
    this.#asker = asker;
    this.#before = before;
  }

  /** A sentence for each, once the registry has caught up. @param topics under which descriptions were sent */
  async since(topics: ReadonlySet<string>): Promise<readonly string[]> {
    const sentences: string[] = [];
    if (topics.size === 0) return sentences;
    for await (const { topic, reason, detail } of this.#newest())
      if (topics.has(topic)) sentences.push(`${topic}: ${reason}: ${detail}`);
    return sentences;
  }

  async *#newest(): AsyncGenerator<Refused, void, void> {
    let cursor = '';
    do {
      const page: RejectionPage = await this.#asker.get<RejectionPage>(`/api/v1/rejections?limit=${PAGE}${cursor}`);
      for (const refused of page.items) {
        if (this.#before !== undefined && !isLater(refused.id, this.#before)) return;
        yield refused;
      }
      cursor = page.next === null ? '' : `&cursor=${encodeURIComponent(page.next)}`;
    } while (cursor !== '');
  }
}

/** By "<entry>-<place in it>". */
function isLater(id: string, other: string): boolean {
  const [[entry = 0, place = 0], [otherEntry = 0, otherPlace = 0]] = [id, other].map((text) =>
    text.split('-').map(Number),
  ) as [number[], number[]];
  return entry > otherEntry || (entry === otherEntry && place > otherPlace);
}
