export type LogFields = Readonly<Record<string, unknown>>;

/** Where the gateway tells the operator what it met; fields never hold a secret. */
export interface GatewayLog {
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}
