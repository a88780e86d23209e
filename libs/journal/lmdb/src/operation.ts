import type { Appended, ConsumerPosition, EntryDraft, TrimPolicy } from '@seawall/ports';
import type { GroupPlan } from './group-plan.ts';
import type { Room } from './room.ts';

/** A call that waits for its group. */
export type Operation =
  | { readonly kind: 'forget'; readonly id: string }
  | {
      readonly kind: 'write';
      readonly drafts: readonly EntryDraft[];
      readonly consumer?: { readonly name: string; readonly position: ConsumerPosition };
      readonly caller: Caller<readonly Appended[]>;
    }
  | { readonly kind: 'drop'; readonly consumer: string; readonly caller: Caller<void> }
  | { readonly kind: 'trim'; readonly policy: TrimPolicy; readonly caller: Caller<number> };

export interface Caller<T> {
  resolve(result: T): void;
  reject(error: Error): void;
}

/**
 * Adds an operation to a plan. @param stamp of what it appends, epoch ms
 * @returns how to tell its caller once the plan is on disk: its result, or why it alone was refused
 */
export function planOperation(plan: GroupPlan, operation: Operation, room: Room, stamp: number): () => void {
  switch (operation.kind) {
    case 'forget':
      plan.forget(operation.id);
      return () => undefined;
    case 'drop':
      return attempt(operation.caller, () => plan.drop(operation.consumer));
    case 'trim':
      return attempt(operation.caller, () => plan.trim(operation.policy));
    case 'write': {
      const { drafts, consumer, caller } = operation;
      return attempt(caller, () => {
        room.admit(drafts, consumer !== undefined);
        return consumer ? plan.commit(consumer.name, consumer.position, drafts, stamp) : plan.append(drafts, stamp);
      });
    }
  }
}

function attempt<T>(caller: Caller<T>, change: () => T): () => void {
  try {
    const result = change();
    return () => caller.resolve(result);
  } catch (error) {
    return () => caller.reject(error as Error);
  }
}
