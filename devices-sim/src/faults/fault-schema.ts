import * as z from 'zod';
import { DEVICE_KINDS } from '../domains/index.ts';
import { offsetField, signedOffsetField } from '../offset-field.ts';
import { conversionOf, otherUnits } from './other-units.ts';

/** The longest a link may be lost: what a device keeps meanwhile is sent in one burst. */
const LONGEST_LINK_LOSS_MS = 86_400_000;
const share = z.number().gt(0).max(1);

const common = {
  /** What the person who watches the city is told when it begins, and when it is over. */
  text: z.string(),
  over: z.string(),
  from: offsetField,
  to: offsetField,
  /** Absent: devices of every domain. */
  domain: z.string().optional(),
  /** device, type, district, site; keys are AND, values OR. */
  where: z.record(z.string(), z.array(z.string()).min(1)).optional(),
  /** How many of those devices, picked by the seed: 0.2 is one in five. */
  share: share.default(1),
};

const metricFault = { ...common, domain: z.string(), metric: z.string() };

const kinds = z.discriminatedUnion('kind', [
  /** No message goes out, and nothing is sent later. */
  z.strictObject({ kind: z.literal('dropout'), ...common }),
  /** The metric stays at the value it had when the fault began. */
  z.strictObject({ kind: z.literal('stuck'), ...metricFault }),
  /** The metric moves away from the truth by this much an hour, in its unit. */
  z.strictObject({ kind: z.literal('drift'), ...metricFault, perHour: z.number() }),
  /** In this part of its messages the device prints a text where the metric's number should stand. */
  z.strictObject({ kind: z.literal('garbled'), ...metricFault, part: share, prints: z.string().min(1).default('ERR') }),
  /** The device's clock is off: "4m" is ahead, "-90s" behind. */
  z.strictObject({ kind: z.literal('clock-skew'), ...common, by: signedOffsetField }),
  /** This part of the messages is sent twice. */
  z.strictObject({ kind: z.literal('duplicates'), ...common, part: share }),
  /** The metric is measured in another unit; with `declared` the device says so in its attributes. */
  z.strictObject({ kind: z.literal('units'), ...metricFault, unit: z.string(), declared: z.boolean() }),
  /** The link is lost; what was measured meanwhile comes at once when it is back, with its own event times. */
  z.strictObject({ kind: z.literal('late-burst'), ...common }),
]);

/** A fault of a scenario file: which devices, from when to when (ms after the start), and its kind's parameters. */
export const faultSchema = kinds
  .refine(({ from, to }) => from < to, { error: 'a fault must end after it began' })
  .superRefine((fault, context) => {
    const complain = (message: string) => context.addIssue({ code: 'custom', message });
    if (fault.kind === 'late-burst' && fault.to - fault.from > LONGEST_LINK_LOSS_MS)
      complain('a link may be lost for 24h at most; use a dropout for a longer silence');
    if ('metric' in fault) checkMetric(fault, complain);
    else if (fault.domain !== undefined && !DEVICE_KINDS.some(({ domain }) => domain === fault.domain))
      complain(`no simulated device publishes in the domain "${fault.domain}"`);
  });

export type Fault = z.infer<typeof faultSchema>;
export type FaultKind = Fault['kind'];

function checkMetric(fault: Extract<Fault, { metric: string }>, complain: (message: string) => void): void {
  const { domain, metric } = fault;
  const measured = DEVICE_KINDS.filter((kind) => kind.domain === domain).flatMap((kind) => kind.metrics[metric] ?? []);
  if (measured.length === 0) return complain(`no simulated device measures "${metric}" in the domain "${domain}"`);
  if (fault.kind !== 'units') return;
  for (const { unit } of measured.filter((spec) => conversionOf(spec.unit, fault.unit) === undefined)) {
    const known = otherUnits(unit);
    const instead = known.length === 0 ? 'no other unit of it is known here' : `give ${known.join(' or ')}`;
    complain(`"${metric}" is measured in ${unit}, which is not turned into "${fault.unit}"; ${instead}`);
  }
}
