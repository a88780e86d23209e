import { describe, expect, it } from '@jest/globals';
import { JournalUnavailableError, KeyReusedError, OverloadedError, type TelemetrySubmission } from '@seawall/ports';
import { acceptanceFixture as fixture } from './acceptance-fixture.ts';
import { ARRIVAL, entriesOf, payloadsOf, readingsOf } from './gateway-fixture.ts';

const AQ = 'city/environment/aq-1';

describe('exactly once', () => {
  const once = (packetId: number, dup: boolean) => ({ exactlyOnce: { packetId, dup } });

  it('stores a packet that comes again with DUP one time, at its first arrival', async () => {
    const { say, journal, clock, counters } = await fixture();
    await say(`${AQ}/telemetry`, '{"m":1,"bad":"x"}', once(7, false));
    clock.now += 1000;
    expect(await say(`${AQ}/telemetry`, '{"m":1,"bad":"x"}', once(7, true))).toBe('forward');
    expect(await readingsOf(journal)).toEqual([`environment/aq-1/m@${ARRIVAL}=1`]);
    expect(await payloadsOf(journal, 'rejections')).toHaveLength(1);
    expect(counters).toMatchObject({ acceptedReadings: 1, rejected: { 'undeclared-text': 1 }, messages: 2 });
  });

  it('takes an id with DUP and other content for a new message, good and bad readings alike', async () => {
    const { say, journal } = await fixture();
    await say(`${AQ}/telemetry`, { values: { a: 1, b: 'text' } }, once(5, false));
    await say(`${AQ}/telemetry`, { values: { a: 2, b: 'text2' } }, once(5, true));
    expect(await readingsOf(journal)).toHaveLength(2);
    expect((await payloadsOf(journal, 'rejections')).flat()).toHaveLength(2);
  });

  it('is for one client and one packet, whatever the client is called', async () => {
    const { say, journal } = await fixture();
    const packet = { m: 1, bad: 'x' };
    for (const clientId of ['c', 'c/1', '["c"]', 'c/7/rejections', 'c","7'])
      for (const packetId of [1, 7, 17]) await say(`${AQ}/telemetry`, packet, { clientId, ...once(packetId, true) });
    expect(await readingsOf(journal)).toHaveLength(15);
  });

  it('takes an id without DUP for a new message', async () => {
    const { say, journal } = await fixture();
    for (let i = 0; i < 3; i++) await say(`${AQ}/telemetry`, { m: 1 }, once(7, false));
    expect(await readingsOf(journal)).toHaveLength(3);
  });

  it('takes an id with DUP for a new message once it was released', async () => {
    const { say, journal, acceptance } = await fixture();
    await say(`${AQ}/telemetry`, { m: 1 }, once(7, false));
    acceptance.released('c', 7);
    await say(`${AQ}/telemetry`, { m: 1 }, once(7, true));
    expect(await readingsOf(journal)).toHaveLength(2);
  });

  it('takes an id with DUP and other content for a new message', async () => {
    const { say, journal } = await fixture();
    await say(`${AQ}/telemetry`, { m: 1 }, once(7, false));
    await say(`${AQ}/telemetry`, { m: 2 }, once(7, true));
    expect(await readingsOf(journal)).toHaveLength(2);
  });
});

describe('a submission', () => {
  const submission = (body: unknown, more: Partial<TelemetrySubmission> = {}): TelemetrySubmission => ({
    body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
    source: 'POST /api/v1/telemetry',
    origin: 'live',
    sender: 'me',
    ...more,
  });
  const body = [
    { domain: 'd', device: 'x', values: { m: 1, bad: 'text' } },
    { domain: 'd', device: 'y', ts: ARRIVAL, values: { m: 2 } },
    { domain: 'alerts', device: 'y', values: { m: 2 } },
    { domain: 'd', device: 'a/b', values: { m: 2 } },
  ];

  it('is stored before it is answered, with what was rejected', async () => {
    const { acceptance, journal } = await fixture();
    const receipt = await acceptance.submit(submission(body, { origin: 'import' }));
    expect(receipt).toMatchObject({ accepted: 2, rejected: 3 });
    expect(receipt.errors.map(({ reason, pointer }) => [reason, pointer])).toEqual([
      ['undeclared-text', '/0/values/bad'],
      ['reserved-topic', '/2'],
      ['bad-name', '/3'],
    ]);
    expect(await readingsOf(journal)).toEqual([`d/x/m@${ARRIVAL}=1`, `d/y/m@${ARRIVAL}=2`]);
    expect((await entriesOf(journal)).map(({ kind, origin }) => `${kind} ${origin}`)).toEqual([
      'device import',
      'device import',
      'readings import',
      'rejections import',
    ]);
  });

  it('has what was rejected of it kept under the device that its element names, or else the request', async () => {
    const { acceptance, journal } = await fixture();
    await acceptance.submit(submission([...body, { device: 'z', values: { m: 2 } }, 5]));
    await acceptance.submit(submission([...body, { values: { m: '?' } }, 5], { domain: 'r', device: 'q' }));
    const kept = (await payloadsOf(journal, 'rejections')).flat();
    const named = [
      ['d', 'x'],
      ['alerts', 'y'],
      // What is no name can't be asked for.
      ['d', undefined],
    ];
    expect(kept.map(({ domain, device }) => [domain, device])).toEqual([
      ...named,
      [undefined, 'z'],
      [undefined, undefined],
      ...named,
      ['r', 'q'],
      ['r', 'q'],
    ]);
  });

  it('has what stands for many rejections kept under a device only if all of them are of it', async () => {
    const { acceptance, journal } = await fixture({ limits: { maxRejectionsPerSubmission: 1 } });
    const bad = (domain: string, device: string) => ({ domain, device, values: { m: 'text' } });
    await acceptance.submit(submission([bad('d', 'x'), bad('d', 'x'), bad('d', 'x')]));
    await acceptance.submit(submission([bad('d', 'x'), bad('d', 'x'), bad('d', 'y')]));
    await acceptance.submit(submission([bad('d', 'x'), bad('d', 'x'), bad('e', 'y')], { domain: 'r', device: 'q' }));
    const kept = (await payloadsOf(journal, 'rejections')).flat().filter(({ count }) => count === 2);
    expect(kept.map(({ domain, device }) => [domain, device])).toEqual([
      ['d', 'x'],
      ['d', undefined],
      [undefined, undefined],
    ]);
  });

  it('under the same key is stored once and answered the same', async () => {
    const { acceptance, journal, clock } = await fixture();
    const first = await acceptance.submit(submission(body, { idempotencyKey: 'k' }));
    clock.now += 60_000;
    expect(await acceptance.submit(submission(body, { idempotencyKey: 'k' }))).toEqual(first);
    expect(await readingsOf(journal)).toHaveLength(2);
    expect(await payloadsOf(journal, 'rejections')).toHaveLength(1);
    await acceptance.submit(submission(body, { idempotencyKey: 'k', sender: 'you' }));
    expect(await readingsOf(journal)).toHaveLength(4);
  });

  it('is answered as the first time, though today it would be judged otherwise', async () => {
    const { acceptance, clock } = await fixture();
    const ahead = [{ ts: ARRIVAL + 600_000, values: { m: 1 } }, { values: { m: 2 } }];
    const more = { idempotencyKey: 'k', domain: 'd', device: 'x' };
    const first = await acceptance.submit(submission(ahead, more));
    expect(first).toMatchObject({ accepted: 1, rejected: 1 });
    clock.now += 600_000;
    expect(await acceptance.submit(submission(ahead, more))).toEqual(first);
  });

  it('under a key that was used for another body is refused', async () => {
    const { acceptance, journal } = await fixture();
    await acceptance.submit(submission(body, { idempotencyKey: 'k' }));
    await expect(
      acceptance.submit(submission({ domain: 'd', device: 'x', values: { m: 9 } }, { idempotencyKey: 'k' })),
    ).rejects.toThrow(KeyReusedError);
    expect(await readingsOf(journal)).toHaveLength(2);
  });

  it('under a key like that of another’s rejections, or of another sender, has nothing to do with it', async () => {
    const { acceptance, journal } = await fixture();
    await acceptance.submit(submission(body, { idempotencyKey: 'k1' }));
    const other = { domain: 'd', device: 'x', ts: ARRIVAL, values: { m: 9 } };
    for (const [sender, idempotencyKey] of [
      ['me', 'k1/rejections'],
      ['me/a', 'b'],
      ['me', 'a/b'],
      ['me","a', 'b'],
    ] as const) {
      expect(await acceptance.submit(submission(other, { sender, idempotencyKey }))).toMatchObject({ accepted: 1 });
    }
    expect(await readingsOf(journal)).toHaveLength(6);
  });

  it('under a used key is told of its own key, not of the hub’s', async () => {
    const { acceptance } = await fixture();
    await acceptance.submit(submission(body, { idempotencyKey: 'k1' }));
    const again = acceptance.submit(submission('{"domain":"d","device":"x","m":9}', { idempotencyKey: 'k1' }));
    await expect(again).rejects.toThrow(/^The idempotency key "k1" was used for another body/);
  });

  it('counts what it stored once', async () => {
    const { acceptance, counters } = await fixture();
    for (let i = 0; i < 2; i++) await acceptance.submit(submission(body, { idempotencyKey: 'k' }));
    expect(counters).toMatchObject({ acceptedReadings: 2, messages: 2 });
    expect(Object.values(counters.rejected)).toEqual([1, 1, 1]);
  });

  it('of very many bad readings has the first told one by one, and of the rest one for each reason', async () => {
    const { acceptance, journal, counters, clock } = await fixture({ limits: { maxRejectionsPerSubmission: 2 } });
    const ahead = Array.from({ length: 5 }, () => ({ ts: ARRIVAL + 3_600_000, values: { m: 1 } }));
    const mixed = [...ahead, { values: { m: 'text' } }, { values: { m: 5 } }];
    const sent = submission(mixed, { idempotencyKey: 'k', domain: 'd', device: 'x' });
    const receipt = await acceptance.submit(sent);
    expect(receipt).toMatchObject({ accepted: 1, rejected: 6 });
    const kept = (await payloadsOf(journal, 'rejections')).flat();
    expect(kept.map(({ reason, pointer, count }) => [reason, pointer, count])).toEqual([
      ['too-far-ahead', '/0/ts', undefined],
      ['too-far-ahead', '/1/ts', undefined],
      ['too-far-ahead', '/2/ts', 3],
      ['undeclared-text', '/5/values/m', undefined],
    ]);
    expect(kept[2]!.detail).toMatch(/^Only the first 2 rejections .* stands for 3 more/);
    expect(counters.rejected).toEqual({ 'too-far-ahead': 5, 'undeclared-text': 1 });
    clock.now += 1000;
    expect(await acceptance.submit(sent)).toEqual(receipt);
  });

  it('that waits for the disk is told of', async () => {
    const { acceptance, commit, control, clock } = await fixture();
    control.hold();
    const waiting = acceptance.submit(submission(body));
    clock.now += 700;
    expect(commit.oldestWaitMs).toBe(700);
    control.release();
    await waiting;
    expect(commit).toMatchObject({ oldestWaitMs: 0, heldBytes: 0 });
  });

  it('is not answered when the journal can not be written, and the device is registered later', async () => {
    const { acceptance, control, journal, commit, say } = await fixture();
    control.failing = true;
    await expect(acceptance.submit(submission(body))).rejects.toThrow(JournalUnavailableError);
    control.failing = false;
    await say('city/d/x/telemetry', { m: 3 });
    await commit.drain(5000);
    expect((await payloadsOf(journal, 'device')).map(({ device }) => device)).toEqual(['x', 'y']);
    expect(await readingsOf(journal)).toEqual([`d/x/m@${ARRIVAL}=3`]);
    expect(commit.heldBytes).toBe(0);
  });

  it('is told to come back while more is held than allowed', async () => {
    const { acceptance, control } = await fixture({ limits: { maxHeldBytes: 1000 } });
    control.hold();
    const waiting = acceptance.submit(submission({ domain: 'd', device: 'x', values: { ['m'.repeat(100)]: 1 } }));
    await expect(acceptance.submit(submission(`${' '.repeat(1000)}`))).rejects.toThrow(OverloadedError);
    control.release();
    expect(await waiting).toMatchObject({ accepted: 1 });
  });

  it('may hold more readings than an MQTT message, up to its own bound', async () => {
    const { acceptance, say, reasons } = await fixture({
      limits: { maxReadingsPerMessage: 2, maxReadingsPerSubmission: 3 },
    });
    const values = { a: 1, b: 2, c: 3, d: 4 };
    await say('city/d/x/telemetry', values);
    expect(await acceptance.submit(submission({ domain: 'd', device: 'x', values }))).toMatchObject({
      accepted: 3,
      rejected: 1,
    });
    expect(await reasons()).toEqual([
      ['too-many-readings', '/c'],
      ['too-many-readings', '/values/d'],
    ]);
  });
});
