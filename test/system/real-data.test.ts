import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { realDataFolder } from '../real-data/recorded-files.ts';
import { RULES_YAML } from '../real-data/rules.ts';
import { verifyRealData, type RealDataReport } from '../real-data/verify.ts';
import { MqttRecorder } from '../support/mqtt-recorder.ts';
import { skippedAloud } from '../support/skipped-aloud.ts';
import { startHub, type RunningHub } from '../support/start-hub.ts';
import { makeTempDir, removeTempDir } from '../support/temp-dir.ts';

const data = realDataFolder();
if ('absent' in data) skippedAloud('recorded data', data.absent);
const describeWithData = 'absent' in data ? describe.skip : describe;

describeWithData('recorded data through a real hub', () => {
  let dataDir: string;
  let hub: RunningHub;
  let report: RealDataReport;
  let listener: MqttRecorder;

  beforeAll(async () => {
    dataDir = await makeTempDir('real-data');
    hub = await startHub({ dataDir, rules: { 'real-data.yaml': RULES_YAML }, timeZone: 'Asia/Shanghai' });
    listener = await MqttRecorder.start(hub.mqtt, ['city/alerts/#']);
    report = await verifyRealData(hub, (data as { folder: string }).folder, () => undefined);
  }, 240_000);

  afterAll(async () => {
    await listener?.stop();
    await hub?.stop();
    await removeTempDir(dataDir);
  });

  it('the freeway has 417,312 readings, and Beijing all its numeric cells', () => {
    expect(report.taken.map(({ readings }) => readings)).toEqual([417_312, 2_280_683]);
  });

  it('every count, every hourly and local-day aggregate, and every episode equals that of the files', () => {
    expect(report.checks.filter(({ mismatches }) => mismatches.length > 0)).toEqual([]);
    expect(report.checks.filter(({ compared }) => compared === 0)).toEqual([]);
    expect(report.checks).toHaveLength(13);
  });

  it('what was replayed as if live was announced, what was imported was not', async () => {
    await listener.waitFor('the congestion is announced', ({ topic }) => topic.includes('/real-congestion/'));
    expect(listener.heard.filter(({ topic }) => topic.includes('/real-smog/'))).toEqual([]);
  });

  it('congestion comes and goes', () => {
    expect(report.congestion.length).toBeGreaterThan(0);
    expect(report.congestion.filter(({ endsAt }) => endsAt !== null).length).toBeGreaterThan(0);
  });
});
