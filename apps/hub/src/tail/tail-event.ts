import type { Alert } from '@seawall/model';

/** What `seawall tail` tells; times are epoch ms, and `--json` writes one of these a line. */
export type TailEvent =
  | {
      readonly kind: 'readings';
      /** The journal's stamp: when it arrived. */
      readonly stamp: number;
      readonly domain: string;
      readonly device: string;
      readonly eventTime: number;
      readonly values: readonly {
        readonly metric: string;
        readonly value: number;
        readonly unit: string | null;
        readonly outOfRange: boolean;
      }[];
    }
  | {
      readonly kind: 'rejection';
      readonly reason: string;
      readonly detail: string;
      readonly topic: string;
      readonly device?: string;
      readonly domain?: string;
      readonly pointer: string;
      /** RFC 3339. */
      readonly receivedAt: string;
      readonly sample: string;
    }
  | {
      readonly kind: 'device';
      readonly device: string;
      readonly domain?: string;
      readonly description?: Readonly<Record<string, unknown>>;
      readonly labels?: Readonly<Record<string, string>>;
      readonly status?: string;
      readonly receivedAt: string;
    }
  | { readonly kind: 'alert'; readonly alert: Alert }
  | { readonly kind: 'gap'; readonly detail: string }
  | {
      readonly kind: 'message';
      readonly at: number;
      readonly topic: string;
      readonly payload: string;
      readonly bytes: number;
    };
