import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { KeyReusedError, type Receipt, type TelemetrySubmission } from '@seawall/ports';
import { ARRIVAL, controlledJournal, openGateway, payloadsOf, readingsOf } from './gateway-fixture.ts';
import type { Gateway } from './gateway.ts';

const SOURCE = 'POST /api/v2/write';

let gateway: Gateway;
let controlled: ReturnType<typeof controlledJournal>;
beforeEach(async () => {
  controlled = controlledJournal();
  gateway = await openGateway({
    journal: controlled.journal,
    now: () => ARRIVAL,
    limits: { maxReadingsPerSubmission: 4, maxLineLength: 200 },
  });
});
afterEach(() => gateway.close());

function submit(text: string, more: Partial<TelemetrySubmission> = {}): Promise<Receipt> {
  const submission = { source: SOURCE, origin: 'live', sender: 'http:', linePrecision: 'ms', ...more } as const;
  return gateway.acceptance.submit({ ...submission, body: Buffer.from(text) });
}

describe('a submission in line protocol', () => {
  it('is stored by device and domain, with its tags as labels', async () => {
    const receipt = await submit(`traffic,device=l-1,district=harbour,lane=2 flow=7i,speed=31.5 ${ARRIVAL - 5}\ncpu,host=web-1 idle=1`); // prettier-ignore
    expect(receipt).toEqual({ accepted: 3, rejected: 0, errors: [], lines: { count: 2, dropped: 0 } });
    expect(await readingsOf(controlled.journal)).toEqual([
      `traffic/l-1/flow@${ARRIVAL - 5}=7`,
      `traffic/l-1/speed@${ARRIVAL - 5}=31.5`,
      `cpu/web-1/idle@${ARRIVAL}=1`,
    ]);
    const [batch] = await payloadsOf(controlled.journal, 'readings');
    expect(batch!.labels[0]).toMatchObject({ district: 'harbour', lane: '2' });
  });

  it('keeps the good lines, and the bad as rejections of the route', async () => {
    const receipt = await submit('a,device=d x=1\nb,device=d x=warm\nc,device=d x="y",z=2\nhub,device=d x=1');
    expect(receipt).toMatchObject({ accepted: 2, rejected: 3, lines: { count: 4, dropped: 2 } });
    expect(receipt.errors.map(({ reason, pointer, topic }) => [reason, pointer, topic])).toEqual([
      ['not-a-number', '/2/x', SOURCE],
      ['undeclared-text', '/3/x', SOURCE],
      ['reserved-topic', '/4', SOURCE],
    ]);
    expect(receipt.errors.map(({ domain, device }) => `${domain}/${device}`)).toEqual(['b/d', 'c/d', 'hub/d']);
    expect((await payloadsOf(controlled.journal, 'rejections')).flat()).toEqual(receipt.errors);
    expect(gateway.status().rejected).toEqual({ 'not-a-number': 1, 'undeclared-text': 1, 'reserved-topic': 1 });
  });

  it('is bounded by the limits of the gateway', async () => {
    const many = await submit('a,device=d v=1,w=2,x=3\nb,device=d y=4,z=5\nc,device=d z=6');
    expect(many).toMatchObject({ accepted: 3, rejected: 1, lines: { count: 3, dropped: 2 } });
    expect(many.errors[0]).toMatchObject({ reason: 'too-many-readings', pointer: '/2' });
    const long = await submit(`a,device=d ${'x'.repeat(201)}=1`);
    expect(long.errors).toMatchObject([{ reason: 'too-large', pointer: '/1' }]);
  });

  it('has its own key, whose precision belongs to it', async () => {
    const keyed = { idempotencyKey: 'k' };
    const first = await submit('a,device=d x=1,y="no"', keyed);
    expect(first).toMatchObject({ accepted: 1, rejected: 1, lines: { count: 1, dropped: 0 } });
    expect(await submit('a,device=d x=1,y="no"', keyed)).toEqual(first);
    expect(await readingsOf(controlled.journal)).toHaveLength(1);
    await expect(submit('a,device=d x=1,y="no"', { ...keyed, linePrecision: 's' })).rejects.toThrow(KeyReusedError);
  });
});
