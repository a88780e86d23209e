import type { Fault, Subject } from '@seawall/codecs';
import type { Rejection, RejectionReason } from '@seawall/model';

export type CountedFault = Fault & Pick<Rejection, 'count'>;

/**
 * The first faults one by one, and of the rest one for each reason with its count: whoever sends ninety thousand bad
 * readings learns no more from ninety thousand rejections, which would hold up everybody else.
 * @param most how many are told one by one
 */
export function boundedFaults(faults: readonly Fault[], most: number): readonly CountedFault[] {
  if (faults.length <= most) return faults;
  const rest = new Map<RejectionReason, Rest>();
  for (const fault of faults.slice(most)) {
    const of = rest.get(fault.reason);
    if (of === undefined) rest.set(fault.reason, { first: fault, subject: fault.subject, count: 1 });
    else {
      of.count++;
      of.subject = common(of.subject, fault.subject);
    }
  }
  return [...faults.slice(0, most), ...[...rest.values()].map((of) => summary(of, most))];
}

interface Rest {
  readonly first: Fault;
  subject: Subject | undefined;
  count: number;
}

/** What stands for many is of one device only if all of them are. */
function common(a: Subject | undefined, b: Subject | undefined): Subject | undefined {
  if (a === b || a === undefined || b === undefined) return a === b ? a : {};
  return {
    ...(a.domain !== undefined && a.domain === b.domain && { domain: a.domain }),
    ...(a.device !== undefined && a.device === b.device && { device: a.device }),
  };
}

function summary({ first, subject, count }: Rest, most: number): CountedFault {
  if (count === 1) return first;
  const detail = `Only the first ${most} rejections of a body are told one by one; this one stands for ${count} more for this reason, of which the first: ${first.detail}`;
  return { ...first, detail, count, ...(subject && { subject }) };
}
