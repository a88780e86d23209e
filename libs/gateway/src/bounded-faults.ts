import type { Fault } from '@seawall/codecs';
import type { Rejection, RejectionReason } from '@seawall/model';

export type CountedFault = Fault & Pick<Rejection, 'count'>;

/**
 * The first faults one by one, and of the rest one for each reason with its count: whoever sends ninety thousand bad
 * readings learns no more from ninety thousand rejections, which would hold up everybody else.
 * @param most how many are told one by one
 */
export function boundedFaults(faults: readonly Fault[], most: number): readonly CountedFault[] {
  if (faults.length <= most) return faults;
  const rest = new Map<RejectionReason, { readonly first: Fault; count: number }>();
  for (const fault of faults.slice(most)) {
    const of = rest.get(fault.reason);
    if (of === undefined) rest.set(fault.reason, { first: fault, count: 1 });
    else of.count++;
  }
  return [...faults.slice(0, most), ...[...rest.values()].map(({ first, count }) => summary(first, count, most))];
}

function summary(first: Fault, count: number, most: number): CountedFault {
  if (count === 1) return first;
  const detail = `Only the first ${most} rejections of a body are told one by one; this one stands for ${count} more for this reason, of which the first: ${first.detail}`;
  return { ...first, detail, count };
}
