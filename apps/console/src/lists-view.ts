import { byId, element, keyed, setText } from './dom.ts';
import type { CityTime } from './format.ts';
import { durationText, meanText, numberText, unitText, valueText } from './format.ts';
import type { AlertView, City, DomainView, MetricView, RejectionView, Severity } from './overview.ts';
import { alertsInOrder, cityMean, metricKey, presentOf, SEVERITIES } from './overview.ts';

export function showCounts({ active }: City): void {
  const firing = SEVERITIES.filter((severity) => active[severity] > 0);
  keyed(
    byId('counts'),
    firing,
    (severity) => severity,
    (severity) => element('span', { class: `badge ${severity}` }),
    (node, severity: Severity) => setText(node, `${active[severity]} ${severity}`),
  );
}

/** @param open what a click on an alert shows beside it */
export function showAlerts(
  city: City,
  time: CityTime,
  nameOf: (district: string) => string,
  open: (alert: AlertView) => void,
): void {
  const now = presentOf(city);
  const alerts = alertsInOrder(city.alerts.values());
  byId('no-alerts').hidden = alerts.length > 0;
  keyed(
    byId('alerts'),
    alerts,
    ({ id }) => id,
    (alert) => alertNode(alert, open),
    (node, alert) => fillAlert(node, alert, now, time, nameOf),
  );
}

/** A button that opens what the alert was decided by. */
function alertNode(alert: AlertView, open: (alert: AlertView) => void): HTMLElement {
  const { id, severity } = alert;
  const details = element('dl', { id: `alert-${id}` });
  details.hidden = true;
  const button = element('button', { 'aria-expanded': 'false', 'aria-controls': details.id });
  button.append(
    element('span', { class: `badge ${severity}` }, severity),
    ' ',
    element('span', { class: 'soft since' }),
    element('span', { class: 'what' }),
    element('span', { class: 'soft where' }),
  );
  button.addEventListener('click', () => {
    details.hidden = !details.hidden;
    button.setAttribute('aria-expanded', String(!details.hidden));
    if (!details.hidden) open(alert);
  });
  return element('li', {}, button, details);
}

function fillAlert(
  node: HTMLElement,
  alert: AlertView,
  at: number,
  time: CityTime,
  nameOf: (district: string) => string,
): void {
  const part = (name: string): Element => node.querySelector(name)!;
  const startsAt = Date.parse(alert.startsAt);
  const labels = Object.entries(alert.labels).filter(([name]) => name !== 'domain' && name !== 'district');
  setText(part('.since'), `since ${time.moment(startsAt, at)} (${durationText(at - startsAt)})`);
  setText(part('.what'), alert.summary || alert.rule);
  const places = [
    ...labels.map(([name, value]) => `${name} ${value}`),
    ...(alert.district === null ? [] : [nameOf(alert.district)]),
  ];
  const limit = `${alert.metric} ${alert.evidence.threshold} ${unitText(alert.unit)}`.trimEnd();
  const acknowledged = alert.ack === null ? [] : [`acknowledged by ${alert.ack.by}`];
  setText(part('.where'), [places.join(', '), limit, ...acknowledged].filter(Boolean).join(' · '));
  const evidence = evidenceOf(alert, at, time);
  const details = node.querySelector('dl')!;
  if (details.dataset['revision'] === JSON.stringify(evidence)) return;
  details.dataset['revision'] = JSON.stringify(evidence);
  details.replaceChildren(...evidence.flatMap(([name, value]) => [element('dt', {}, name), element('dd', {}, value)]));
}

function evidenceOf(alert: AlertView, at: number, time: CityTime): [string, string][] {
  const { evidence, ack } = alert;
  const moment = (text: string) => time.moment(Date.parse(text), at);
  return [
    ['Value', `${valueText(alert.value, alert.unit)}, the ${evidence.aggregate} of ${evidence.domain} ${alert.metric}`],
    ['Threshold', `${evidence.threshold} ${unitText(alert.unit)}`],
    [
      'Window',
      `${moment(evidence.windowStart)} to ${moment(evidence.windowEnd)}, ${evidence.count === 1 ? 'one reading' : `${evidence.count} readings`}`,
    ],
    ['Rule', alert.rule],
    [
      'Acknowledged',
      ack === null ? 'by nobody' : `by ${ack.by}, ${moment(ack.at)}${ack.comment && `: ${ack.comment}`}`,
    ],
  ];
}

export function showDomains(
  city: City,
  time: CityTime,
  chosen: string | undefined,
  choose: (key: string) => void,
): void {
  keyed(
    byId('domains'),
    city.domains,
    ({ domain }) => domain,
    ({ domain }) =>
      element('div', { class: 'domain' }, element('h3', {}, domain), element('p', { class: 'soft' }), element('ul')),
    (node, domain) => fillDomain(node, domain, city, time, chosen, choose),
  );
}

function fillDomain(
  node: HTMLElement,
  { domain, devices, readingsPerSecond, rejectionsPerSecond, latest }: DomainView,
  city: City,
  time: CityTime,
  chosen: string | undefined,
  choose: (key: string) => void,
): void {
  const rejected = rejectionsPerSecond > 0 ? ` · ${numberText(rejectionsPerSecond)} rejections/s` : '';
  const last = latest === null ? '' : ` · last reading ${time.moment(latest, city.at)}`;
  setText(
    node.querySelector('p')!,
    `${devices === 1 ? 'One device' : `${devices.toLocaleString('en-GB')} devices`} · ${numberText(readingsPerSecond)} readings/s${last}${rejected}`,
  );
  // An angle has no mean over the city: the wind's, or where the buses are.
  const metrics = [...city.metrics.values()].filter((metric) => metric.domain === domain && metric.unit !== 'deg');
  keyed(
    node.querySelector('ul')!,
    metrics.sort((a, b) => (a.metric < b.metric ? -1 : 1)),
    metricKey,
    (metric) => figureNode(metric, choose),
    (figure, metric) => fillFigure(figure, metric, metricKey(metric) === chosen),
  );
}

function figureNode(metric: MetricView, choose: (key: string) => void): HTMLElement {
  const button = element('button', {}, element('span', {}, metric.metric), element('span', { class: 'figure' }));
  button.addEventListener('click', () => choose(metricKey(metric)));
  return element('li', {}, button);
}

function fillFigure(node: HTMLElement, metric: MetricView, chosen: boolean): void {
  const { districts, unit, states } = metric;
  const mean = cityMean(districts);
  const [min, max] = [Math.min(...districts.min), Math.max(...districts.max)];
  node.firstElementChild!.setAttribute('aria-pressed', String(chosen));
  setText(node.querySelector('.figure')!, mean === undefined ? '–' : meanText({ mean, min, max }, unit, states));
}

export function showRejections({ rejections, rejectedLastMinute, at }: City, time: CityTime): void {
  const counts = Object.entries(rejectedLastMinute).map(([reason, count]) => `${count} ${reason}`);
  const lately = counts.length === 0 ? '' : `Last minute: ${counts.join(', ')}`;
  setText(byId('rejection-counts'), rejections.length === 0 ? 'None.' : lately);
  keyed(
    byId('rejections'),
    rejections,
    ({ id }) => id,
    rejectionNode,
    (node, { receivedAt }) => setText(node.querySelector('time')!, time.moment(Date.parse(receivedAt), at)),
  );
}

function rejectionNode({ reason, device, topic, detail, pointer, sample, receivedAt }: RejectionView): HTMLElement {
  return element(
    'li',
    {},
    element('time', { class: 'soft', datetime: receivedAt }),
    ' ',
    element('strong', {}, reason),
    ' ',
    element('span', {}, device ?? topic),
    element('div', {}, detail),
    element('div', { class: 'sample soft' }, [pointer, sample].filter(Boolean).join('  ')),
  );
}
