import { REJECTION_REASONS, type RejectionReason } from '@seawall/model';

/** The hub's reason, if it is one of the documented list. */
export function reasonOf(text: string): RejectionReason {
  return REJECTION_REASONS.find((reason) => reason === text) ?? 'nothing-usable';
}
