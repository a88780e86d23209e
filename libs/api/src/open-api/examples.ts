/** What the documentation shows; one small city for all routes. */

export const IDEMPOTENCY_KEY = {
  'Idempotency-Key': {
    description: 'Known for a day; sent again with the same body it stores nothing twice.',
    example: '4b0c8a2e',
  },
};

export const telemetryExample = [{ ts: 1790000000000, values: { pm25: 12.1, no2: 31 } }];
export const receiptExample = { accepted: 2, rejected: 0, errors: [] };

export const rejectionExample = {
  reason: 'undeclared-text',
  detail: 'Text is no value unless the metric declares it as the name of a state; send a number, or declare "states".',
  topic: 'city/environment/aq-7/telemetry',
  device: 'aq-7',
  domain: 'environment',
  pointer: '/values/pm25',
  receivedAt: '2026-09-21T14:13:20.000Z',
  sample: '"high"',
};

export const linesExample = [
  'environment,device=aq-7,district=xiangzhou pm25=12.1,no2=31i 1790000000000',
  'traffic,device=loop-3,district=harbour count=42i,jammed=false 1790000000000',
].join('\n');

export const partialWriteExample = {
  code: 'invalid',
  message: 'partial write: line 2, field jammed: The value is no number, boolean or text. dropped=0',
};

const labels = { district: 'xiangzhou', type: 'air-quality' };

export const deviceExample = {
  id: 'aq-7',
  domains: ['environment'],
  description: {
    name: 'Air quality 7',
    type: 'air-quality',
    district: 'xiangzhou',
    location: { lat: 22.27, lon: 113.55 },
  },
  labels,
  labelHistory: [{ from: null, labels }],
  status: 'online',
  statusAt: '2026-09-21T14:00:00.000Z',
  firstSeen: '2026-09-20T08:00:00.000Z',
};

const series = { domain: 'environment', device: 'aq-7', metric: 'pm25', unit: 'ug/m3', labels };
export const seriesExample = { ...series, latest: { time: 1790000000000, value: 12.1 } };
export const latestExample = { ...series, time: 1790000000000, value: 12.1 };

export const liveExample = {
  stamp: 1790000000120,
  series: [{ domain: 'environment', device: 'aq-7', metric: 'pm25', labels }],
  seriesIndex: [0],
  time: [1790000000000],
  value: [12.1],
};

export const deviceEventExample = {
  device: 'aq-7',
  domain: 'environment',
  description: deviceExample.description,
  labels,
  labelHistory: deviceExample.labelHistory,
  status: 'online',
  receivedAt: '2026-09-21T14:00:00.000Z',
};

export const queryExample = {
  metrics: ['pm25'],
  where: { domain: ['environment'], district: ['xiangzhou'] },
  area: { circle: { lat: 22.27, lon: 113.55, radiusM: 5000 } },
  from: '-24h',
  to: 'now',
  step: '1h',
  aggregate: ['mean', 'max'],
  groupBy: ['district'],
};

export const queryAnswerExample = {
  series: [
    {
      domain: 'environment',
      metric: 'pm25',
      unit: 'ug/m3',
      labels: { district: 'xiangzhou' },
      time: [1789999200000, 1790002800000],
      values: { mean: [12.1, 14.8], max: [20, 23.5] },
    },
  ],
  step: '1h',
  timeZone: 'Asia/Shanghai',
  source: 'raw',
  partial: [],
  next: null,
};

export const queryCsvExample =
  'time,domain,metric,district,mean,max\r\n' +
  '2026-09-21T14:00:00.000Z,environment,pm25,xiangzhou,12.1,20\r\n' +
  '2026-09-21T15:00:00.000Z,environment,pm25,xiangzhou,14.8,23.5\r\n';

export const queryNdjsonExample =
  '{"domain":"environment","metric":"pm25","unit":"ug/m3","labels":{"district":"xiangzhou"},"time":1789999200000,"values":{"mean":12.1,"max":20}}\n' +
  '{"domain":"environment","metric":"pm25","unit":"ug/m3","labels":{"district":"xiangzhou"},"time":1790002800000,"values":{"mean":14.8,"max":23.5}}\n';

export const ruleExample = {
  id: 'pm25-high',
  severity: 'major',
  summary: 'Fine dust is high',
  when: { domain: 'environment', metric: 'pm25', aggregate: 'mean', window: '1h', above: 150, clear: 115, for: '3h' },
  groupBy: ['device'],
};
export const ruleVersionExample = { id: 'pm25-high', version: 1, rule: ruleExample, source: 'api' };
const pumpRunExample = {
  id: 'pump-run',
  severity: 'minor',
  when: { domain: 'water', metric: 'pumped', aggregate: 'sum', session: '10m', above: 500 },
};
const gatewaySilentExample = {
  id: 'gateway-silent',
  severity: 'major',
  when: { domain: 'environment', where: { type: ['air-quality'] }, absent: { missed: 3, after: '10m' } },
  groupBy: ['gateway'],
};
/** One of each kind. */
export const ruleVersionExamples = [
  { id: 'gateway-silent', version: 3, rule: gatewaySilentExample, source: 'file:gateways.yaml' },
  ruleVersionExample,
  { id: 'pump-run', version: 1, rule: pumpRunExample, source: 'api' },
];

export const alertExample = {
  id: 'f34537082ef995c18725bbf67382c0c1',
  key: 'pm25-high{"device":"aq-7","domain":"environment"}',
  revision: 2,
  state: 'firing',
  severity: 'major',
  mode: 'actual',
  rule: 'pm25-high',
  summary: 'Fine dust is high',
  labels: { domain: 'environment', device: 'aq-7' },
  annotations: {},
  metric: 'pm25',
  unit: 'ug/m3',
  value: 187,
  startsAt: '2026-09-21T11:00:00.000Z',
  updatedAt: '2026-09-21T14:00:02.118Z',
  endsAt: null,
  ack: null,
  silencedBy: [],
  inhibitedBy: [],
  location: { lat: 22.27, lon: 113.55 },
  url: null,
  evidence: {
    domain: 'environment',
    aggregate: 'mean',
    windowStart: '2026-09-21T13:00:00.000Z',
    windowEnd: '2026-09-21T14:00:00.000Z',
    count: 60,
    threshold: 'above 150',
  },
  corrects: null,
};

const levels = { domain: 'environment', district: 'xiangzhou', subject: 'aq-7' };
const pendingExample = {
  ...alertExample,
  revision: 1,
  state: 'pending',
  value: 163,
  updatedAt: '2026-09-21T11:00:01.870Z',
  evidence: {
    ...alertExample.evidence,
    windowStart: '2026-09-21T10:00:00.000Z',
    windowEnd: '2026-09-21T11:00:00.000Z',
  },
};

export const alertHistoryExample = {
  alert: alertExample,
  transitions: [
    { from: 'inactive', to: 'pending', alert: pendingExample, because: 'mean 163 above 150, fires after 3h', levels },
    {
      from: 'pending',
      to: 'firing',
      alert: alertExample,
      because: 'mean 187 above 150 for 3h',
      levels,
    },
  ],
};

export const acknowledgementExample = { by: 'Lin Wei', comment: 'A crew is on its way.' };

export const readinessExample = {
  ready: true,
  checks: [
    { name: 'journal', ok: true, detail: 'written and flushed' },
    { name: 'disk', ok: true, detail: '210 GB of 500 GB are free where ./data is.' },
  ],
};

export function listOf(...examples: readonly unknown[]): unknown {
  return { items: examples, next: null };
}

export const overviewExample = {
  at: 1790000000120,
  reset: true,
  complete: true,
  domains: [
    { domain: 'environment', devices: 120, readingsPerSecond: 8.2, rejectionsPerSecond: 0.1, latest: 1790000000000 },
  ],
  metrics: [
    {
      domain: 'environment',
      metric: 'pm25',
      unit: 'ug/m3',
      states: null,
      latest: 1790000000000,
      districts: { district: ['xiangzhou'], count: [15], mean: [12.1], min: [8], max: [31], latest: [1790000000000] },
    },
  ],
  rejections: {
    perSecond: 0.1,
    lastMinute: { 'undeclared-text': 6 },
    latest: [{ id: '1024-0', ...rejectionExample }],
  },
  alerts: {
    active: { critical: 0, major: 1, minor: 0, warning: 0, info: 0 },
    changed: [{ ...alertExample, district: 'xiangzhou' }],
  },
};

export const backupExample = {
  name: '2026-09-21T14-13-20Z',
  state: 'complete',
  directory: '/var/lib/seawall/backups/2026-09-21T14-13-20Z',
  startedAt: '2026-09-21T14:13:20.000Z',
  finishedAt: '2026-09-21T14:14:02.400Z',
  step: null,
  progress: 1,
  bytes: 812_000_000,
  readings: 300_000_000,
  series: 12_000,
  failure: null,
};

export const backupStartedExample = {
  ...backupExample,
  state: 'running',
  finishedAt: null,
  step: 'copying',
  progress: 0,
  readings: null,
  series: null,
};
